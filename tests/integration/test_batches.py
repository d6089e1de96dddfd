"""celery-batches: each message of a batch has its start and its end; the batch has no record."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import redis

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.conftest import end, flushed, missing
from tests.integration.gate import VARIABLE, Gate
from tests.servers import Worker
from tests.waiting import eventually

pytestmark = pytest.mark.integration


class Batching:
    def __init__(self, url: str, folder: Path) -> None:
        from tests.integration.batching import build

        self.url, self.gate, self.app = url, Gate(folder), build(url)
        self.client = redis.Redis.from_url(url, decode_responses=True)

    def send(self, name: str, *values: Any) -> list[str]:
        return [self.app.send_task(name, [value]).id for value in values]

    def record(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.client.get(f"task:{task_id}") or "{}")
        return found

    def ended(self, *task_ids: str) -> list[dict[str, Any]]:
        for task_id in task_ids:
            eventually(lambda i=task_id: self.record(i).get("end_time"), 30, what=task_id)
        return [self.record(task_id) for task_id in task_ids]


@pytest.fixture(scope="module")
def batching(
    session_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Batching]:
    if find_spec("celery_batches") is None:
        missing("celery-batches (make venv installs it)")
    url, folder = flushed(session_redis_url), tmp_path_factory.mktemp("batching")
    worker = Worker(
        "tests.integration.batching",
        log=folder / "worker.log",
        concurrency=2,
        env={"BATCHING_URL": url, VARIABLE: str(folder)},
        args=("--without-gossip", "--without-mingle"),
    )
    try:
        worker.start()
        batching = Batching(url, folder)
        yield batching
        batching.client.close()
        batching.app.close()
    finally:
        end([worker])


def test_each_message_ends_as_its_batch_does(batching: Batching) -> None:
    well, badly = batching.send("imports", 1, 2, 3), None
    for record in batching.ended(*well):
        assert (record["status"], record["attempt"], record["results"]) == ("completed", 1, {})
    badly = batching.send("imports", 4, "bad", 5)
    for record in batching.ended(*badly):
        assert (record["status"], record["error_message"]) == ("error", "ValueError: no such row")
    assert set(batching.client.zrange("tasks", 0, -1)) == {*well, *badly}


def test_what_the_body_stores_of_a_message_is_its_end(batching: Batching) -> None:
    first, bad, third = batching.ended(*batching.send("answers", 1, "bad", 3))
    assert [record["status"] for record in (first, bad, third)] == [
        "completed",
        "error",
        "completed",
    ]
    assert first["results"] == {"saved": 4}
    assert "no such row" in bad["error_message"]
    (kept,) = batching.ended(*batching.send("kept", 1))
    assert (kept["results"], kept["symbol"]) == ({}, "7203.T")


def test_a_long_batch_is_not_lost_and_one_that_was_cancelled_is_not_in_it(
    batching: Batching,
) -> None:
    first = batching.send("imports", "wait", "b")
    store = Store(Settings(redis_url=batching.url))
    store.run(store.flows.apply(first[1], (ev.Cancelled(by="test"),), store.now()))
    (third,) = batching.send("imports", "c")
    eventually(lambda: batching.record(third).get("status") == "running")
    began = time.monotonic()
    # Two leases and more, silent: what is held by nobody would be lost by then.
    eventually(lambda: time.monotonic() - began > 5)
    assert [batching.record(i)["status"] for i in (first[0], third)] == ["running", "running"]
    batching.gate.mark("batch", "go")
    waited, other = batching.ended(first[0], third)
    assert (waited["status"], other["status"]) == ("completed", "completed")
    assert batching.record(first[1])["status"] == "cancelled"
    eventually(lambda: batching.app.AsyncResult(first[1]).state == "REVOKED")
    assert batching.gate.pids("batch", "wait-c")
    store.close()
