"""The tests' side of a running system: sends jobs, opens their gates, reads what is recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import redis

from progress_backend.operations.keys import Keys
from progress_backend.settings import Settings
from progress_backend.stacks import asking
from progress_backend.store.drivers import Store
from tests.fleet import TIMEOUT_S, Recorded, close_app
from tests.integration.app import build
from tests.integration.gate import Gate
from tests.unacked import deliver_again
from tests.waiting import eventually


class World(Recorded):
    """One app in this process; close it."""

    def __init__(
        self,
        folder: Path,
        *,
        broker: str,
        results: str | None,
        store: str | None,
        conf: Mapping[str, Any] | None = None,
    ) -> None:
        self.gate = Gate(folder)
        self._urls = results, store
        # A backend of each thread's own would outlive the thread, and the test's server.
        urls = {"broker_url": broker, "result_backend": results, "result_backend_thread_safe": True}
        self.app = build({**urls, **(conf or {})}, store)
        #: The pool of the worker at the other end.
        self.pool = "prefork"
        self.store = redis.Redis.from_url(store, decode_responses=True) if store else None

    @property
    def worker_name(self) -> str:
        """The node name of the worker at the other end."""
        return f"{self.pool}@tests"

    def happened(self, task_id: str) -> list[str]:
        """The events of a task's timeline."""
        with Store(Settings(redis_url=self._urls[1])) as store:
            store.ready()
            body = json.loads(store.run(asking.timeline_with(task_id, store.now())))
        return [e["event"] for e in body["entries"] if e["event"] not in ("stack", "traceback")]

    def close(self) -> None:
        if self.store is not None:
            self.store.close()
        close_app(self.app)

    def send(
        self, outcome: str = "return", value: Any = None, *, job: str = "job", **how: Any
    ) -> str:
        """Publishes a job; its id. An AsyncResult would outlive the test's server and complain."""
        return str(self.app.tasks[job].apply_async((outcome, value), **how).id)

    def cut_off(self) -> World:
        """The same, but that its broker is not there."""
        quick = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
        conf = {"task_publish_retry": False, "broker_transport_options": quick}
        away, (results, store) = "redis://127.0.0.1:1/0", self._urls
        return World(self.gate.folder, broker=away, results=results, store=store, conf=conf)

    def duplicate(
        self, task_id: str, name: str, args: list[Any], *, queue: str = "celery", **headers: Any
    ) -> None:
        """Publishes a message that nothing of ours has seen."""
        message = self.app.amqp.as_task_v2(task_id, name, args, {})
        with self.app.amqp.Producer(self.app.connection_for_write()) as producer:
            producer.publish(
                message.body,
                headers={**message.headers, **headers},
                routing_key=queue,
                serializer="json",
                **message.properties,
            )

    def revoke(self, task_id: str, **how: Any) -> None:
        """Revokes it; back when the worker has done so, if it can while it runs a job."""
        wait_s = 0.3 if self.pool == "solo" else TIMEOUT_S
        self.app.control.revoke(task_id, reply=True, timeout=wait_s, limit=1, **how)

    def leased(self, workers: int = 1) -> None:
        """Waits until so many workers have leases: each takes one in a thread as it gets ready."""
        assert self.store is not None
        store = self.store
        eventually(lambda: store.zcard(Keys().leases) >= workers, TIMEOUT_S, what="leases")

    def deliver_again(self, task_id: str) -> None:
        """Has the broker deliver its message again; broker and store are one server."""
        assert self.store is not None
        deliver_again(self.store, task_id)

    def receive(self, queue: str) -> None:
        """Has the worker receive a queue, in which a message waited for what the test did."""
        here, control = [self.worker_name], self.app.control
        control.add_consumer(queue, destination=here, reply=True, timeout=TIMEOUT_S, limit=1)

    def scheduled(self, task_id: str) -> bool:
        """Whether a worker holds it for its ETA."""
        inspect = self.app.control.inspect(timeout=TIMEOUT_S, limit=1)
        held = (inspect.scheduled() or {}).values()
        return any(entry["request"]["id"] == task_id for entries in held for entry in entries)

    def begun(self, task_id: str, runs: int = 1) -> None:
        """Waits until that many runs have reached the gate."""
        self._noted(task_id, "began", runs)

    def go(self, task_id: str) -> None:
        """Lets the job go on to its outcome."""
        self.gate.mark(task_id, "go")

    def went(self, task_id: str, runs: int = 1) -> None:
        """Waits until that many runs have begun with their outcome."""
        self._noted(task_id, "went", runs)

    def _noted(self, task_id: str, what: str, times: int) -> None:
        eventually(
            lambda: len(self.gate.pids(task_id, what)) >= times,
            TIMEOUT_S,
            what=f"{what} of {task_id}, {times} times",
        )

    def record(self, task_id: str) -> dict[str, Any]:
        """The record as it is stored; empty if there is none."""
        record: dict[str, Any] = json.loads(self.store.get(f"task:{task_id}") or "{}")
        return record

    def result(self, task_id: str) -> dict[str, Any]:
        """What Celery's result backend says: status and result."""
        meta = self.app.backend.get_task_meta(task_id)
        return {"status": meta["status"], "result": meta.get("result")}
