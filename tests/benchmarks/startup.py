"""What a process pays for `install()`, and each `celery` command for our entry point."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median

from .rounds import Rounds
from .row import Row

PEER, OURS, COMMAND, LAUNCHED = "Celery", "install()", "entry point", "handlers"
_CELERY = """
import time, celery, celery.backends.redis, kombu.transport.redis
app = celery.Celery("a", broker="redis://localhost/0", backend="redis://localhost/0")
def pages():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20
celery_ms, celery_mib = time.process_time() * 1000, pages()
"""
_CODES = {
    PEER: "celery_ms, celery_mib = 0, 0",
    COMMAND: "import progress_backend.celery_command",
    OURS: "from progress_backend import install; install(app)",
    LAUNCHED: "from progress_backend import install; install(app)\n"
    "from progress_backend.tracking import connections; connections.load()",
}
_SHOW = "\nprint(time.process_time() * 1000 - celery_ms, pages() - celery_mib)"


def measure(quick: bool) -> list[Row]:
    """One row: processor time over that of Celery with a Redis backend, in fresh processes with
    cached bytecode."""
    rounds = 2 if quick else 15
    mib: dict[str, list[float]] = {name: [] for name in _CODES}
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def a_round(name: str) -> Callable[[], float]:
        def run() -> float:
            code = _CELERY + _CODES[name] + _SHOW
            ran = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
            )
            ms, more = map(float, ran.stdout.split())
            mib[name].append(more)
            return ms

        return run

    measured = Rounds.of({name: a_round(name) for name in _CODES}, rounds)
    return [
        Row(
            what="install() and its imports",
            unit="ms",
            figures=measured.medians(),
            peer=PEER,
            ratio=measured.ratio(OURS, PEER),
            target=0.4,
            stretch=0.2,
            notes=(
                f"{PEER} is its import with the Redis backend and transport, the others are on top",
                f"`{COMMAND}` is what each `celery` command imports of ours, `{LAUNCHED}` what a "
                "worker's main process imports before it forks, and another at its first publish",
                "; ".join(f"{name} {median(mib[name]):.1f} MiB" for name in _CODES),
                measured.spread(OURS, PEER),
            ),
        )
    ]
