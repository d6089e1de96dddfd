"""The tests' side of a system with servers that come and go."""

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from progress_backend import RedisProgressService
from tests.fleet import TIMEOUT_S, Recorded, close_app
from tests.outages.app import build
from tests.servers import Server, Worker
from tests.unacked import deliver_again
from tests.waiting import eventually


class Broker(Protocol):
    """What the tests need of a broker."""

    url: str

    def start(self) -> Any: ...
    def kill(self) -> None: ...


class Fleet(Recorded):
    """Servers, workers and an app of the test's own; close it."""

    def __init__(
        self,
        broker: Broker,
        results: Server,
        store: Server,
        folder: Path,
        conf: Mapping[str, Any] | None = None,
    ) -> None:
        self.broker, self.results, self.store = broker, results, store
        self.workers: list[Worker] = []
        self.folder = folder
        # Without results of its own: an AsyncResult would outlive the test's server and complain.
        self.app = build(broker.url, None, conf, redis_url=store.url)
        servers = [each for each in (broker, results, store) if isinstance(each, Server)]
        self._clients = {server.url: client(server.url) for server in servers}

    def close(self) -> None:
        for each in self._clients.values():
            each.close()
        close_app(self.app)

    # Jobs

    def send(self, job: str, *args: Any, **options: Any) -> str:
        """Publishes a job; its id."""
        return str(self.app.tasks[job].apply_async(args, **options).id)

    def open(self, gate: str) -> None:
        """Lets the jobs behind this gate go on."""
        (self.folder / gate).touch()

    def deliver_again(self, task_id: str) -> None:
        """Has the broker, a Redis server, deliver its message again."""
        assert isinstance(self.broker, Server)
        deliver_again(self.redis(self.broker), task_id)

    # What is seen

    def record(self, task_id: str) -> dict[str, Any]:
        """The record as it is stored; empty if there is none, or no store."""
        return self._read(self.store, f"task:{task_id}")

    def result(self, task_id: str) -> dict[str, Any]:
        """What Celery's result backend holds; empty if nothing, or no backend."""
        return self._read(self.results, f"celery-task-meta-{task_id}")

    def redis(self, server: Server) -> redis.Redis:
        """A client of the test's own."""
        return self._clients[server.url]

    def running(self, task_id: str, above: int = 0) -> dict[str, Any]:
        """The record once it is running and its figure is above this one."""

        def going() -> dict[str, Any]:
            record = self.record(task_id)
            assert record.get("status") == "running", record
            assert record["progress"]["current"] > above, record
            return record

        return eventually(going, TIMEOUT_S, what="a running record")

    def finished(self, task_id: str, timeout: float = TIMEOUT_S) -> dict[str, Any]:
        """Celery's result once the job has ended."""

        def end() -> dict[str, Any]:
            result = self.result(task_id)
            assert result.get("status") in ("SUCCESS", "FAILURE", "REVOKED"), result
            return result

        return eventually(end, timeout, what="the job's result")

    def cancel(self, task_id: str) -> None:
        """Cancels it as the service does."""

        async def ask() -> None:
            async with RedisProgressService(self.store.url) as service:
                await service.cancel_task(task_id)

        asyncio.run(ask())

    def listed(self, **filters: Any) -> dict[str, Any]:
        """The list as the service gives it."""

        async def ask() -> dict[str, Any]:
            async with RedisProgressService(self.store.url) as service:
                return await service.get_tasks_list(limit=100, **filters)

        return asyncio.run(ask())

    # Outages

    def empty_and_start(self, server: Server) -> None:
        """A server that was killed comes back with nothing."""
        shutil.rmtree(self.folder / "store", ignore_errors=True)
        server.start()

    def _read(self, server: Server, key: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.redis(server).get(key) or "{}")
        except (redis.ConnectionError, redis.TimeoutError):
            return {}
        return found


def pass_time(seconds: float) -> None:
    """Lets an outage last, or watches that nothing comes of it."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(left)


def grows(figure: Callable[[], int], timeout: float, what: str) -> None:
    """The figure is higher within so many seconds."""
    before = figure()
    eventually(lambda: figure() > before, timeout, what=f"{what} above {before}")


def waited_for_nothing(result: Mapping[str, Any]) -> None:
    """No `update()` of the gated job took longer than the machine held up any of its sleeps, and
    what is less than a job's wait for a store."""
    assert result["slowest_s"] < 0.15 + result["late_s"], result


def client(url: str) -> redis.Redis:
    """A client that says at once when its server is away."""
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, retry=once)
