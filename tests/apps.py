"""Celery apps in the tests' own process, installed on a store; nothing of one test stays for the
next one."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu.transport import TRANSPORT_ALIASES, memory

from progress_backend import install, progress_task
from progress_backend.record import task_json
from progress_backend.record.model import Task
from progress_backend.runs.run import Run
from progress_backend.tracking.tracker import Tracker, tracker_of

_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
#: A broker or a result backend that is away is given up at once, before the next test begins.
QUICK = {
    "task_publish_retry": False,
    "broker_transport_options": _ONCE,
    "result_backend_transport_options": {"retry_policy": {**_ONCE, "interval_max": 0}},
}


class Memory(memory.Transport):
    """The broker in memory, for workers in a thread of the tests' own process: Celery waits two
    seconds for a message before it sees that the worker is to stop, or that something is due."""

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        super().drain_events(connection, None if timeout is None else min(timeout, 0.02))


TRANSPORT_ALIASES["memory"] = f"{__name__}:{Memory.__name__}"


def nothing() -> None:
    """What a task does of which only its messages matter."""


def in_process(queue: str) -> dict[str, Any]:
    """Configuration for a worker in a thread of the tests' own process. The broker in memory is one
    for all of it, so each module's workers have a queue of their own."""
    return {
        "broker_url": "memory://",
        "result_backend": "cache+memory://",
        "broker_transport_options": {"polling_interval": 0.02},
        "task_default_queue": queue,
    }


@contextmanager
def working(app: Celery, **options: Any) -> Iterator[None]:
    """A worker of the app in a thread of this process."""
    with start_worker(app, perform_ping_check=False, shutdown_timeout=60, **options):
        yield


class App:
    """An app with `install`; broker and results are on `url` too unless `conf` says otherwise."""

    def __init__(self, url: str, conf: Mapping[str, Any] | None = None, **given: Any) -> None:
        self.celery = Celery("tests", set_as_current=False)
        urls = {"broker_url": url, "result_backend": url}
        self.celery.conf.update({**urls, **QUICK, **(conf or {})})
        install(self.celery, **{"redis_url": url, "update_interval_s": 0, **given})
        self.task = self.celery.task
        self._redis = redis.Redis.from_url(url, decode_responses=True)

    @property
    def tracker(self) -> Tracker:
        tracker = tracker_of(self.celery)
        assert tracker is not None
        return tracker

    def tracked(self, body: Callable[..., Any], **options: Any) -> Any:
        """The function as a bound, marked task of the app."""
        options = {"name": body.__name__, "bind": True, "shared": False, **options}
        return self.task(**options)(progress_task(body))

    def call(self, body: Callable[..., Any], *args: Any, **kwargs: Any) -> Task:
        """The record of one call of the function, where tasks run as they are called."""
        return self.record(self.tracked(body).delay(*args, **kwargs).id)

    def document(self, task_id: str) -> dict[str, Any]:
        """The record as it is stored; empty if there is none."""
        document: dict[str, Any] = json.loads(self._redis.get(f"task:{task_id}") or "{}")
        return document

    def record(self, task_id: str) -> Task:
        """The record; it must be there."""
        document = self._redis.get(f"task:{task_id}")
        assert isinstance(document, str), f"no record of {task_id}"
        return task_json.decode(document.encode())

    def result(self, task_id: str) -> dict[str, Any]:
        """What Celery itself keeps; empty if nothing."""
        meta: dict[str, Any] = json.loads(self._redis.get(f"celery-task-meta-{task_id}") or "{}")
        return meta

    def empty_queue(self, name: str) -> None:
        """Declares a queue, which has no message then."""
        with self.celery.connection_for_write() as connection:
            connection.default_channel.queue_declare(name)
            connection.default_channel.queue_purge(name)

    def run_of(self, task: Any) -> Run:
        """The run of the task that is under way."""
        run = self.tracker.process.run_of(task.request)
        assert run is not None
        return run

    def records(self) -> list[str]:
        """The ids of all records, the newest first."""
        return [str(task_id) for task_id in self._redis.zrevrange("tasks", 0, -1)]

    def close(self) -> None:
        self._redis.close()
        process = self.tracker.process
        self.tracker.reset()  # at the end of the run nothing of it is left to be sent
        if process is not None:
            process.store.close()
        self.celery.close()
