"""One update to 10,000 WebSocket clients beside a bare relay of the same commit, and what an open
socket costs."""

from __future__ import annotations

import itertools
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from progress_backend.embedded import EmbeddedServer
from progress_backend.flows.stored_record import Base
from progress_backend.operations import leases
from progress_backend.operations.commits import CommitCall
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.servers import Service

from .crowd import Crowd, crowd, marker
from .rounds import Rounds
from .row import Row

OURS, PEER = "progress-backend", "bare relay of the commit"
#: Of worker and API alike: they read the same settings.
_ZONE = "Asia/Tokyo"
_TASK = "watched-by-all"
_WORKER = Worker("celery@host/01234567", "celery@host")
#: Longer than any measurement, in which nothing is to be found lost.
_LEASE_MS = 3_600_000
_SERVE = f"""
import sys
from progress_backend.settings import Settings
from progress_backend.web.server.serve import serve
serve(Settings(redis_url=sys.argv[1], timezone={_ZONE!r}), port=0)
"""
#: The limit of an idle connection, in KiB.
KIB = 14.0


def measure(quick: bool) -> list[Row]:
    """Two rows: time to the last client, and memory."""
    sockets, rounds = (200, 3) if quick else (10_000, 20)
    calls: dict[str, Callable[[], float]] = {}
    grown: dict[str, float] = {}
    with _sides() as both, ExitStack() as stack:
        for side in both:
            side.start()
            before = side.rss()
            clients = stack.enter_context(side.crowd(sockets))
            numbers = itertools.count(1)

            def a_round(side: Side = side, clients=clients, numbers=numbers) -> float:
                number = next(numbers)
                clients.last(number)
                sent = side.write(number)
                return (clients.lasted() - sent) / 1e6

            a_round()
            grown[side.name] = (side.rss() - before) / 1024 / sockets
            calls[side.name] = a_round
        times = Rounds.of(calls, rounds)
    return [
        Row(
            what=f"one update to {sockets:,} sockets, last",
            unit="ms",
            figures=times.medians(),
            peer=PEER,
            ratio=times.ratio(OURS, PEER),
            target=1.3,
            notes=(
                "from the commit to the last client; clients look each millisecond",
                times.spread(OURS, PEER),
            ),
        ),
        Row(
            what="memory of an open socket",
            unit="KiB",
            figures=grown,
            peer=f"{KIB:g} KiB",
            ratio=grown[OURS] / KIB,
            target=1.0,
            notes=(f"resident memory of the server, {sockets:,} sockets open, one update sent",),
        ),
    ]


@dataclass(slots=True)
class Side:
    """A server process over a Redis of its own, and a worker's place beside it."""

    name: str
    service: Service
    port: int
    store: Store
    base: Base | None = None

    def crowd(self, count: int) -> AbstractContextManager[Crowd]:
        """So many clients of the task."""
        prefix = "/internal/ws/task/" if self.name == OURS else "/"
        return crowd(self.port, f"{prefix}{_TASK}", count)

    def write(self, number: int) -> int:
        """Commits a marker's number as a worker's sender does; when it was sent off, in monotonic
        nanoseconds."""
        current = 0 if self.base is None else self.base.task.current_items
        event = ev.Progressed(current=current + 1, message=marker(number).ljust(40, "."))
        flow = self.store.flows.apply(_TASK, (event,), self.store.now(), base=self.base)
        command, sent = next(flow), 0
        while True:
            if isinstance(command, CommitCall):  # the first rate reads the past runs besides
                sent = time.monotonic_ns()
            try:
                command = flow.send(self.store.execute(command))
            except StopIteration as end:
                self.base = end.value.base
                return sent

    def start(self) -> None:
        """Begins the task's record."""
        identity = ev.Identity(task_type="fetch_data", total_items=10**6, symbol="7203.T")
        started, now = ev.Started(identity=identity, worker=_WORKER), self.store.now()
        self.store.execute(leases.renew(_WORKER.lease, int(now.timestamp() * 1000) + _LEASE_MS))
        self.base = self.store.run(self.store.flows.apply(_TASK, (started,), now)).base

    def rss(self) -> int:
        """Bytes of memory."""
        return int(psutil.Process(self.service.pid).memory_info().rss)


@contextmanager
def _sides() -> Iterator[list[Side]]:
    """Both, ended afterwards. 10,000 sockets need as many files: the limit is raised."""
    commands = {
        OURS: (["-c", _SERVE], [], r"http://127\.0\.0\.1:(\d+)"),
        PEER: (
            ["-m", "tests.benchmarks.bare_relay"],
            [Keys("").channel("")],
            r"listening on (\d+)",
        ),
    }
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            both = []
            for name, (program, more, ready) in commands.items():
                redis = stack.enter_context(EmbeddedServer())
                settings = Settings(redis_url=redis.url, timezone=_ZONE)
                store = stack.enter_context(Store(settings))
                words = [sys.executable, *program, redis.url, *more]
                service = Service(words, log=folder / f"{name}.log").start()
                stack.callback(service.stop)
                port = int(service.wait_for_log(ready)[1])
                both.append(Side(name, service, port, store))
            yield both
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
