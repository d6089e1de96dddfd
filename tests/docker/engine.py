"""The container engine, through its command line."""

import subprocess
from pathlib import Path

from uvicorn.middleware.proxy_headers import _TrustedHosts

from tests.servers import ROOT, ran

#: The image under test; it is built at the start of a run, from layers if nothing changed.
IMAGE = "progress-backend:test"
BASE = "python:3.13.13-slim-trixie"
#: On a machine without a registry the image of the minor version stands in for the exact one.
STAND_INS = {BASE: "python:3.13-slim", "redis:8.2.10": "redis:8", "rabbitmq:4.2.9": "rabbitmq:4"}
DOCKERFILE = ROOT / "docker" / "Dockerfile"
#: Longest that the engine may take for anything but a build.
TIMEOUT_S = 120.0
BUILD_S = 400.0


def docker(*args: str, timeout: float = TIMEOUT_S, env: dict[str, str] | None = None) -> str:
    """What the command prints on stdout; AssertionError with all its output if it fails."""
    done = tried(*args, timeout=timeout, env=env)
    output = f"docker {' '.join(args)}: {done.returncode}\n{done.stdout}{done.stderr}"
    assert done.returncode == 0, output
    return done.stdout.strip()


def tried(
    *args: str, timeout: float = TIMEOUT_S, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The same, whatever comes of it."""
    return ran(["docker", *args], env=env, timeout=timeout)


def name_stand_ins() -> None:
    """Gives each image that is not here, but stood in for, its exact name."""
    for exact, near in STAND_INS.items():
        if (
            tried("image", "inspect", exact).returncode
            and not tried("image", "inspect", near).returncode
        ):
            docker("tag", near, exact)


def build(dockerfile: Path = DOCKERFILE) -> str:
    """Builds the image; its name."""
    name_stand_ins()
    docker("build", "--quiet", "-f", str(dockerfile), "-t", IMAGE, ".", timeout=BUILD_S)
    return IMAGE


def names_private_networks(proxies: str) -> None:
    """Checks which peers' `X-Forwarded-For` counts, as uvicorn reads the setting."""
    trusted = _TrustedHosts(proxies)
    gateways = ("127.0.0.1", "172.18.0.1", "192.168.32.1", "10.89.0.1", "10.244.3.7")
    assert all(address in trusted for address in gateways)
    assert not any(address in trusted for address in ("203.0.113.7", "2001:db8::1", "172.32.0.1"))
