"""What the figures depend on: the machine and the versions."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import redis

from progress_backend.embedded import EmbeddedServer

_PACKAGES = ("celery", "kombu", "redis", "hiredis", "tqdm", "rich", "fastapi", "uvicorn")


def description() -> list[str]:
    """One line each: commit, processor, load, Python, packages, server."""
    return [
        f"commit {_commit()}",
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        f"load average before: {', '.join(f'{load:.2f}' for load in os.getloadavg())}",
        f"{platform.python_implementation()} {platform.python_version()}",
        ", ".join(f"{name} {found}" for name in _PACKAGES if (found := _version(name))),
        f"server: {_server()}",
    ]


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _server() -> str:
    with EmbeddedServer() as server, redis.Redis.from_url(server.url) as client:
        about = client.info("server")
        number = about.get("valkey_version") or about["redis_version"]
        return f"{about.get('server_name', 'redis')} {number}"
