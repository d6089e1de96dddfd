"""The API and its peers as processes, on a core of their own; load and store have the other one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.servers import Service

from .http_peers import LISTENS

OURS = "progress-backend"


class Served(NamedTuple):
    """A process that serves."""

    pid: int
    port: int


#: Starts the API (OURS) or a peer, by its name in `http_peers`, over the store at a URL.
StartHttp = Callable[[str, str], Served]


@contextmanager
def http_services(store_pid: int) -> Iterator[StartHttp]:
    """Ends all that were started. One core serves, so that a rate is what one process can do."""
    before = os.sched_getaffinity(0)
    serving, asking = {max(before)}, {min(before)}
    os.sched_setaffinity(store_pid, asking)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(name: str, url: str) -> Served:
            if name == OURS:
                args = [
                    "-c",
                    "from progress_backend.cli import main; main()",
                    "serve",
                    "--port",
                    "0",
                ]
            else:
                args = ["-m", "tests.benchmarks.http_peers", name, url]
            service = Service(
                [sys.executable, *args],
                log=folder / f"{name}.log",
                env={"PROGRESS_REDIS_URL": url},
            )
            stack.callback(service.stop)
            port = int(service.start().wait_for_log(LISTENS).group(1))
            os.sched_setaffinity(service.pid, serving)
            return Served(service.pid, port)

        os.sched_setaffinity(0, asking)
        try:
            yield start
        finally:
            os.sched_setaffinity(0, before)
