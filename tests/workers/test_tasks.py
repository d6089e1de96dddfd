"""The jobs in a real worker, from the real source into a real file; their records in the store."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery

from progress_backend import RedisProgressService
from tests.conftest import StartWorker
from tests.servers import ROOT
from tests.waiting import eventually
from tests.workers.conftest import StartSource
from tests.workers.test_database import stored

pytestmark = pytest.mark.integration
TIMEOUT_S = 60


class Client:
    """Sends the worker's tasks by name and reads their records, as another service would."""

    def __init__(self, url: str) -> None:
        self.app = Celery(broker=url, backend=url, set_as_current=False)
        self.store = redis.Redis.from_url(url, decode_responses=True)

    def send(self, name: str, *args: Any, **kwargs: Any) -> str:
        """The task's id. Its AsyncResult would outlive the test's server and complain."""
        return str(self.app.send_task(name, args=args, kwargs=kwargs).id)

    def record(self, task_id: str) -> dict[str, Any]:
        return json.loads(self.store.get(f"task:{task_id}") or "{}")

    def result(self, task_id: str) -> dict[str, Any]:
        """What Celery itself keeps: status and result."""
        return json.loads(self.store.get(f"celery-task-meta-{task_id}") or "{}")

    def ended(self, task_id: str) -> dict[str, Any]:
        """The record once it has ended."""

        def end() -> dict[str, Any] | None:
            record = self.record(task_id)
            return record if record.get("status") in ("completed", "error", "cancelled") else None

        record = eventually(end, TIMEOUT_S, what="the record's end")
        assert record is not None
        return record


def until_ended(pubsub: Any) -> Iterator[dict[str, Any]]:
    """The updates published of the only task there is, to its last one."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        message = pubsub.get_message(timeout=1)
        if message is not None and message["type"] == "pmessage":
            yield (update := json.loads(message["data"]))
            if update["status"] not in ("created", "running"):
                return
    pytest.fail(f"no end within {TIMEOUT_S} s")


@pytest.fixture
def client(redis_url: str) -> Iterator[Client]:
    client = Client(redis_url)
    yield client
    client.store.close()
    client.app.close()


@pytest.fixture
def start_jobs(start_worker: StartWorker, start_source: StartSource, database_url: str) -> Any:
    """Start source and worker; options as the source's, and the worker's concurrency."""

    def start(*, concurrency: int = 1, interval: float = 0.05, **options: int) -> None:
        env = {
            "PRICES_URL": start_source(**options),
            "PRICES_DB_URL": database_url,
            "PROGRESS_UPDATE_INTERVAL_S": str(interval),
        }
        start_worker("workers.app", concurrency=concurrency, env=env)

    return start


def test_fetch_data_is_seen_on_its_way_and_ends_with_its_results(
    client: Client, start_jobs: Any, database_url: str
) -> None:
    start_jobs(page_size=25, delay_ms=100)
    with client.store.pubsub() as pubsub:
        pubsub.psubscribe("task_update:*")
        task = client.send("fetch_data", "AAPL")
        seen = list(until_ended(pubsub))
    record = client.record(task)

    assert record["status"] == "completed"
    assert (record["task_type"], record["symbol"]) == ("fetch_data", "AAPL")
    assert record["metadata"]["period"] == "1y"
    assert record["progress"] == {"current": 250, "total": 250, "percentage": 100}
    assert record["current_status"] == "データ取得が完了しました"
    assert record["start_time"].endswith("+09:00")
    results = {"records_saved": 250, "records_skipped": 0, "success_rate": 100, "already_there": 0}
    assert record["results"] == results
    assert eventually(lambda: client.result(task).get("status") == "SUCCESS")
    assert client.result(task)["result"] == results
    assert stored(database_url) == [(250,)]

    running = [update for update in seen if update["status"] == "running"]
    shown = [u["current_status"] for u in running if u["progress"]["total"] == 250]
    assert len(shown) >= 5, [update["current_status"] for update in seen]
    numbers = [re.fullmatch(r"データを処理しています\.\.\. \((\d+)/250\)", text) for text in shown]
    assert all(numbers), shown
    steps = [int(number.group(1)) for number in numbers if number]
    assert steps == sorted(steps)


def test_fetching_again_skips_what_is_there(client: Client, start_jobs: Any) -> None:
    start_jobs(page_size=100, break_every=50, fail_every=4)
    first = client.ended(client.send("fetch_data", "IBM", period="6mo"))["results"]
    assert (first["records_saved"], first["records_skipped"]) == (120, 2)
    assert len(first["bad_row_reasons"]) == first["bad_rows"] == 2
    second = client.ended(client.send("fetch_data", "IBM", period="6mo"))["results"]
    assert (second["records_saved"], second["records_skipped"]) == (0, 122)


def test_what_cannot_be_done_is_one_clear_error(client: Client, start_jobs: Any) -> None:
    start_jobs()
    cases: list[tuple[str, list[Any], str]] = [
        ("fetch_data", ["7203.T"], "knows no symbol 7203.T"),
        ("fetch_data", ["AAPL", "2w"], "period is '2w'; it must be one of 1mo, 3mo, 6mo, 1y,"),
        ("bulk_import", [["AAPL"], "2w"], "period is '2w'; it must be one of 1mo, 3mo, 6mo, 1y,"),
        ("bulk_import", [[]], "symbols is empty; give at least one"),
        ("bulk_import", [["X", "Y"]], "none of 2 symbols could be imported; X: http://"),
    ]
    sent = [(client.send(name, *args), reason) for name, args, reason in cases]
    for task, reason in sent:
        record = client.ended(task)
        assert record["status"] == "error"
        assert reason in record["error_message"]
        assert eventually(lambda task=task: client.result(task).get("status") == "FAILURE")


def test_no_source_is_said_with_the_name_of_its_setting(
    client: Client, start_worker: StartWorker
) -> None:
    env = {"PRICES_URL": "http://127.0.0.1:1", "PRICES_DB_URL": "sqlite://"}
    start_worker("workers.app", env=env)
    record = client.ended(client.send("fetch_data", "AAPL"))
    assert record["status"] == "error"
    assert "is the source that PRICES_URL names running?" in record["error_message"]


def test_bulk_import_goes_on_after_a_symbol_that_fails(
    client: Client, start_jobs: Any, database_url: str
) -> None:
    start_jobs(page_size=100, fail_every=5)
    task = client.send("bulk_import", ["AAPL", "7203.T", "IBM", "AAPL"], period="1mo")
    record = client.ended(task)
    assert record["status"] == "completed"
    assert record["task_type"] == "bulk_import"
    assert record["progress"] == {"current": 2, "total": 3, "percentage": 100}
    assert record["current_status"] == "一括取り込みが完了しました"
    results = record["results"]
    assert (results["records_saved"], results["records_skipped"]) == (38, 0)
    assert (results["symbols_imported"], results["symbols_failed"]) == (2, 1)
    assert results["success_rate"] == 66.6
    assert results["symbols"]["IBM"] == {"records_saved": 19, "records_skipped": 0}
    assert "knows no symbol" in results["failures"]["7203.T"]
    assert stored(database_url) == [(38,)]


def test_prefork_children_share_one_file(
    client: Client, start_jobs: Any, database_url: str
) -> None:
    start_jobs(concurrency=4, page_size=40)
    names = ["AAPL", "GOOG", "IBM", "MSFT", "AAPL", "GOOG"]
    tasks = [client.send("fetch_data", symbol, "max") for symbol in names]
    results = [client.ended(task)["results"] for task in tasks]
    assert stored(database_url) == [(4 * 1763,)]
    assert sum(result["records_saved"] for result in results) == 4 * 1763
    assert sum(result["records_skipped"] for result in results) == 2 * 1763


def test_a_cancelled_job_stops_between_two_pages(
    client: Client, start_jobs: Any, redis_url: str, database_url: str
) -> None:
    start_jobs(page_size=10, delay_ms=100)
    task = client.send("fetch_data", "MSFT", "max")  # 177 pages: 18 s if nobody stops it
    eventually(lambda: client.record(task).get("progress", {}).get("current", 0) >= 20)

    async def cancel() -> None:
        async with RedisProgressService(redis_url) as service:
            await service.cancel_task(task)

    asyncio.run(cancel())
    assert eventually(lambda: client.result(task).get("status") == "REVOKED")
    assert client.record(task)["status"] == "cancelled"
    assert 20 <= stored(database_url)[0][0] < 1763  # type: ignore[operator]  # a row of any columns


def test_a_published_job_has_its_record_before_any_worker(client: Client, redis_url: str) -> None:
    publish = "from workers.tasks import fetch_data; print(fetch_data.delay('AAPL', period='2y'))"
    done = subprocess.run(
        [sys.executable, "-c", publish],
        env={**os.environ, "PROGRESS_REDIS_URL": redis_url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    record = client.record(done.stdout.strip())
    assert (record["status"], record["symbol"]) == ("created", "AAPL")
    assert record["progress"] == {"current": 0, "total": 504, "percentage": 0}
    assert record["metadata"]["period"] == "2y"
