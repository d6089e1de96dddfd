"""What is compared for sockets: this service, a bare relay, Node's ws; and who writes to each."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from redis import Redis

from progress_backend.embedded import EmbeddedServer
from progress_backend.flows.keys import Keys
from progress_backend.flows.stored_record import Base
from progress_backend.live.update import Update
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.servers import Service

from .crowd import Crowd, crowd, marker

OURS, LIMIT, NODE = "progress-backend", "bare asyncio sockets", "Node ws"
COMMITTED = "bare relay of the commit"
#: Of worker and API alike: they read the same settings.
_ZONE = "Asia/Tokyo"
_SERVE = f"""
import sys
from progress_backend.settings import Settings
from progress_backend.web.server.serve import serve
serve(Settings(redis_url=sys.argv[1], timezone={_ZONE!r}), port=0)
"""
#: Before the names of the channels that peers relay; ws_relay.cjs has it too.
_PREFIX = "bare:"
_LISTENING = r"listening on (\d+)"
_HERE = Path(__file__).parent

#: Tells a task's watchers a text; returns when it was sent off, in monotonic nanoseconds.
Write = Callable[[str, str], int]


@dataclass(frozen=True, slots=True)
class Side:
    """A server process, and the way to what it relays."""

    name: str
    service: Service
    port: int
    write: Write
    redis: EmbeddedServer

    def crowd(self, *task_ids: str) -> AbstractContextManager[Crowd]:
        """Clients, one of each of these tasks."""
        return crowd(self.port, [self.path(task_id) for task_id in task_ids])

    def path(self, task_id: str) -> str:
        """Where a task's watchers ask."""
        return f"/internal/ws/task/{task_id}" if self.name == OURS else f"/{task_id}"

    def tell(self, task_id: str, number: int, size: int = 40) -> int:
        """Tells a task's watchers a marker's number; returns when that was sent off."""
        return self.write(task_id, marker(number).ljust(size, "."))

    def pids(self) -> tuple[int, int]:
        """The processes between writer and client."""
        return self.service.pid, self.redis.pid

    def rss(self) -> int:
        """Bytes of memory."""
        return int(psutil.Process(self.service.pid).memory_info().rss)


class Sides:
    """Starts them, each over a Redis of its own: what one is told, no other hears."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack

    def ours(self) -> Side:
        """The service as `progress-backend serve` runs it."""
        redis = self._redis()
        command = [sys.executable, "-c", _SERVE, redis.url]
        jobs = _Jobs(self._stack.enter_context(Store(_settings(redis.url))))
        return self._side(OURS, command, r"http://127\.0\.0\.1:(\d+)", jobs.write, redis)

    def limit(self) -> Side:
        """As fast as Python's asyncio is with nothing else to do."""
        return self._bare(LIMIT, server := self._redis(), _PREFIX, self._publish(server))

    def committed(self) -> Side:
        """The same for what a worker commits: documents as they are."""
        server = self._redis()
        jobs = _Jobs(self._stack.enter_context(Store(_settings(server.url))))
        return self._bare(COMMITTED, server, Keys("").channel(""), jobs.write)

    def _bare(self, name: str, server: EmbeddedServer, prefix: str, write: Write) -> Side:
        command = [sys.executable, "-m", "tests.benchmarks.bare_relay", server.url, prefix]
        return self._side(name, command, _LISTENING, write, server)

    def node(self) -> Side | None:
        """None without node and npm, or when the package cannot be had."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            return None
        install = [npm, "install", "--silent", "--prefix", str(self._folder), "ws@8"]
        if subprocess.run(install, capture_output=True, timeout=120).returncode:
            return None
        redis = self._redis()
        command = [node, str(_HERE / "ws_relay.cjs"), redis.url]
        env = {"NODE_PATH": str(self._folder / "node_modules")}
        return self._side(NODE, command, _LISTENING, self._publish(redis), redis, env)

    def _redis(self) -> EmbeddedServer:
        return self._stack.enter_context(EmbeddedServer())

    def _side(
        self,
        name: str,
        command: list[str],
        ready: str,
        write: Write,
        redis: EmbeddedServer,
        env: dict[str, str] | None = None,
    ) -> Side:
        log = self._folder / f"{name}.log"
        service = Service(command, log=log, env=env).start()
        self._stack.callback(service.stop)
        return Side(name, service, int(service.wait_for_log(ready)[1]), write, redis)

    def _publish(self, server: EmbeddedServer) -> Write:
        client = self._stack.enter_context(Redis.from_url(server.url))
        head, _, tail = _example().partition("TEXT")

        def write(task_id: str, text: str) -> int:
            message = f"{head}{text}{tail}"
            sent = time.monotonic_ns()
            client.publish(f"{_PREFIX}{task_id}", message)
            return sent

        return write


def _settings(url: str) -> Settings:
    return Settings(redis_url=url, timezone=_ZONE)


class _Jobs:
    """Running tasks, moved on as a worker's sender does it: one commit a value."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bases: dict[str, Base] = {}

    def write(self, task_id: str, text: str) -> int:
        base = self._bases.get(task_id) or self.start(task_id)
        event = ev.Progressed(current=base.task.current_items + 1, message=text)
        flow = self._store.flows.apply(task_id, (event,), self._store.now(), base=base)
        command = next(flow)
        sent = time.monotonic_ns()
        reply = self._store.execute(command)
        try:
            flow.send(reply)
        except StopIteration as end:
            self._bases[task_id] = end.value.base
            return sent
        raise AssertionError("a second round trip")

    def start(self, task_id: str) -> Base:
        identity = ev.Identity(task_type="fetch_data", total_items=10**6, symbol="7203.T")
        worker = Worker("celery@host/01234567", "celery@host")
        started = ev.Started(identity=identity, worker=worker)
        flow = self._store.flows.apply(task_id, (started,), self._store.now())
        base: Base = self._store.run(flow).base
        self._bases[task_id] = base
        return base


def _example() -> str:
    """A message of a running task with TEXT as its text, for peers to relay."""
    with EmbeddedServer() as server, Store(_settings(server.url)) as store:
        jobs = _Jobs(store)
        jobs.write("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "TEXT")
        (base,) = jobs._bases.values()
        document = store.run(store.flows.get(base.task.task_id))
    message = Update.of(document, 1).message
    assert message is not None
    return message


@contextmanager
def sides() -> Iterator[Sides]:
    """Ends all that were started. 10,000 sockets need as many files: the limit is raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            yield Sides(folder, stack)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
