"""The example workflows over a worker that is killed in their midst."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis

from tests.servers import Worker
from tests.waiting import eventually
from tests.workers.test_workflows import TIMEOUT_S, Workflows

APP = "tests.workers.late"
QUEUE = "late"
#: Seconds after which Redis delivers again what nobody acknowledged.
VISIBILITY_S = 4
#: By name: the canvas, the type of the member under which the worker is killed, and how many
#: members there are at least.
EXAMPLES = {
    "fetches that are merged": ("fetch_and_merge(['IBM', 'FB'] * 4, ['3mo'])", "fetch_data", 9),
    "an import in steps": ("import_in_steps('IBM', '1y')", "download_prices", 3),
    "a job that starts others": ("fetch_all('3mo')", "fetch_data", 6),
}


class Killing:
    """A worker on these servers, and who sends its workflows."""

    def __init__(self, folder: Path, *, store: str, broker: str, results: str, **env: str) -> None:
        self._results = results
        self._broker = broker
        late = {"LATE_QUEUE": QUEUE, "LATE_VISIBILITY_S": str(VISIBILITY_S)}
        urls = {"PROGRESS_REDIS_URL": store, "CELERY_BROKER_URL": broker}
        given = {**urls, "CELERY_RESULT_BACKEND": results, **late, **env}
        given |= {"PROGRESS_UPDATE_INTERVAL_S": "0.05", "PROGRESS_LEASE_S": "3"}
        self.workflows = Workflows(store, f"import {APP} as late; late.reach_store()", given)
        self._worker = Worker(APP, log=folder / "late.log", concurrency=2, env=given)

    @contextlib.contextmanager
    def working(self) -> Iterator[Killing]:
        """With its worker."""
        try:
            self._worker.start()
            yield self
        finally:
            self._worker.stop()

    def goes_through(self, example: str, meanwhile: Callable[[], object] = lambda: None) -> None:
        """An example's workflow ends as completed although the worker is killed under a member, and
        agrees with Celery; `meanwhile` is called while it is waited for."""
        code, kind, least = EXAMPLES[example]
        sent = self.workflows.send(code)
        running = f"a running {kind}, and all messages noted"
        eventually(lambda: self._running(sent, kind) and self._noted(sent), TIMEOUT_S, what=running)
        self._worker.kill()
        seen = self.workflows.read(sent)
        assert (seen["final"], seen["status"]) == (False, "running")
        self._worker.start()
        body = self.workflows.ended(sent, meanwhile)
        members = self.workflows.members(sent)
        assert body["status"] == "completed", body
        completed, total = body["counts"]["completed"], body["progress"]["total"]
        assert completed == total == len(members) >= least, body
        assert body["progress"]["percentage"] == 100
        assert sum(body["counts"].values()) - body["counts"]["planned"] == total
        assert {one["status"] for one in members} == {"completed"}
        assert max(one["attempt"] for one in members) >= 2, "no message was delivered again"
        with redis.Redis.from_url(self._results) as client:
            found = client.mget([f"celery-task-meta-{one['task_id']}" for one in members])
        assert {json.loads(meta or "{}").get("status") for meta in found} == {"SUCCESS"}

    def _noted(self, workflow_id: str) -> bool:
        """Whether the worker has taken and noted the messages of all open members. From Redis kombu
        takes a message first, and notes it then: one that a killed worker held between the two is
        gone, with and without this library."""
        if not self._broker.startswith("redis:"):
            return True
        counts = self.workflows.read(workflow_id)["counts"]
        there = counts["created"] + counts["running"] - counts["planned"]
        with redis.Redis.from_url(self._broker) as client:
            return not client.llen(QUEUE) and client.hlen("unacked") >= there

    def _running(self, workflow_id: str, kind: str) -> list[str]:
        members: list[dict[str, Any]] = self.workflows.members(workflow_id)
        found = (one for one in members if one["status"] == "running")
        return [one["task_id"] for one in found if one["task_type"] == kind]
