"""`python -m tests.abuse`: what the watchers of 200 updates a second notice of abuse at their port.

A service that asks for tokens is watched for a while in peace, then while clients without a token
and the holder of one flood it, send it half requests, wrong frames and long bodies, and guess
tokens. It ends with 1 if the slowest hundredth of updates takes more than twice as long, if
anything was answered with 5xx, or if the service's memory goes on growing.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import quantiles

import psutil

from progress_backend import sign
from progress_backend.credentials import tokens
from progress_backend.embedded import EmbeddedServer
from progress_backend.settings import Settings
from tests.benchmarks.http_peers import LISTENS
from tests.servers import Service

from .attacks import Answers
from .watched import Watched

#: Seconds in peace, and then of abuse; attempts of each attack a second; updates a second.
PEACE_S = float(os.environ.get("PEACE", "30"))
ABUSE_S = float(os.environ.get("SECONDS", "120"))
RATE = float(os.environ.get("RATE", "50"))
UPDATES = 200.0
#: How much later watchers may receive updates, and how much memory the second half may add.
BAR = 2.0
GROWTH = 1.05
KEY = "k" * 32


def main() -> int:
    reading, writing = tokens.new("watcher", "read"), tokens.new("flooder", "write")
    environ = {
        "PROGRESS_TOKENS": f"{reading[1].line()},{writing[1].line()}",
        "PROGRESS_SIGNING_KEYS": KEY,
    }
    with EmbeddedServer() as server, tempfile.TemporaryDirectory() as folder:
        serve = "from progress_backend.cli import main; main()"
        service = Service(
            [sys.executable, "-c", serve, "serve", "--insecure", "--port", "0"],
            log=Path(folder) / "api.log",
            env={**environ, "PROGRESS_REDIS_URL": server.url},
        )
        try:
            port = int(service.start().wait_for_log(LISTENS).group(1))
            share = sign(task_type="watched", settings=Settings(signing_keys=(KEY,)))
            secrets = {"ABUSE_TOKEN": writing[0], "ABUSE_SHARE": share}
            print(f"load average {os.getloadavg()[0]:.1f} before it", flush=True)
            return asyncio.run(compare(server.url, port, reading[0], secrets, service.pid))
        finally:
            service.stop()
            lines = (Path(folder) / "api.log").read_text().splitlines()
            print(*[line for line in lines if "progress_backend.audit" not in line][-10:], sep="\n")


async def compare(url: str, port: int, token: str, secrets: dict[str, str], pid: int) -> int:
    process = psutil.Process(pid)
    async with Watched(url, port, token) as watched:
        await watched.updated(3, UPDATES)  # it warms up
        peace = await watched.updated(PEACE_S, UPDATES)
        attackers = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.abuse.attacks", str(port), str(ABUSE_S), str(RATE),
            env={**os.environ, **secrets}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        memory: list[int] = []
        measuring = asyncio.create_task(_measured(process, memory))
        abuse = await watched.updated(ABUSE_S, UPDATES)
        printed, _ = await attackers.communicate()
        measuring.cancel()
    return report(peace, abuse, memory, json.loads(printed))


async def _measured(process: psutil.Process, memory: list[int]) -> None:
    while True:
        memory.append(process.memory_info().rss)
        await asyncio.sleep(1)


def report(peace: list[float], abuse: list[float], memory: list[int], answers: Answers) -> int:
    """Prints what was seen; the exit code."""
    before, during = quantiles(peace, n=100), quantiles(abuse, n=100)
    for name, at in (("half", 49), ("99 of 100", 98)):
        print(
            f"{name} of the watchers receive an update within {before[at] * 1000:.1f} ms in peace, "
            f"{during[at] * 1000:.1f} ms in abuse: {during[at] / before[at]:.2f}×"
        )
    print(f"{len(abuse):,} updates were received; load average {os.getloadavg()[0]:.1f}")
    rest = memory[len(memory) // 4 :]
    first, last = (max(part) for part in (rest[: len(rest) // 2], rest[len(rest) // 2 :]))
    print(f"memory of the service: {first / 2**20:.1f} MiB, then {last / 2**20:.1f} MiB")
    faults = 0
    for attack, came in answers.items():
        print(
            f"{attack}: " + ", ".join(f"{count:,} {what}" for what, count in sorted(came.items()))
        )
        faults += sum(count for what, count in Counter(came).items() if what.startswith("5"))
    late, grown = during[98] / before[98] > BAR, last / first > GROWTH
    print(f"5xx: {faults}; later than {BAR:g}×: {late}; more memory: {grown}")
    return int(bool(faults or late or grown))


if __name__ == "__main__":
    sys.exit(main())
