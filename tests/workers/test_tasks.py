"""The jobs in a real worker, from the real source into a real file; their records in the store."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fleet import TIMEOUT_S
from tests.waiting import eventually
from tests.workers.conftest import Jobs
from tests.workers.test_database import stored

pytestmark = pytest.mark.integration


def until_ended(pubsub: Any, task: str) -> Iterator[dict[str, Any]]:
    """The updates published of a task, to its last one."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        message = pubsub.get_message(timeout=1)
        if message is not None and message["channel"].endswith(task):
            yield (update := json.loads(message["data"]))
            if update["status"] not in ("created", "running"):
                return
    pytest.fail(f"no end within {TIMEOUT_S} s")


def test_fetch_data_is_seen_on_its_way_and_ends_with_its_results(jobs: Jobs) -> None:
    with jobs.store.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.psubscribe("task_update:*")
        pubsub.get_message(timeout=60)
        task = jobs.send("fetch_data", "AAPL")
        seen = list(until_ended(pubsub, task))
    record = jobs.record(task)

    assert record["status"] == "completed"
    assert (record["task_type"], record["symbol"]) == ("fetch_data", "AAPL")
    assert record["metadata"]["period"] == "1y"
    assert record["progress"] == {"current": 252, "total": 252, "percentage": 100}
    assert record["message_code"] == {"code": "completed", "args": {}}  # each reader's language
    assert record["start_time"].endswith("+09:00")
    results = {"records_saved": 252, "records_skipped": 0, "success_rate": 100, "already_there": 0}
    assert record["results"] == results
    assert eventually(lambda: jobs.result(task).get("status") == "SUCCESS")
    assert jobs.result(task)["result"] == results
    assert stored(jobs.database_url, "symbol").count(("AAPL",)) == 252

    running = [update for update in seen if update["status"] == "running"]
    shown = [u["current_status"] for u in running if u["progress"]["current"]]
    assert len(shown) >= 5, [update["current_status"] for update in seen]
    numbers = [re.fullmatch(r"処理中\.\.\. \((\d+)/252\)", text) for text in shown]
    assert all(numbers), shown
    steps = [int(number.group(1)) for number in numbers if number]
    assert steps == sorted(steps)


def test_what_cannot_be_done_is_one_clear_error(jobs: Jobs) -> None:
    cases: list[tuple[str, list[Any], str]] = [
        ("fetch_data", ["7203.T"], "knows no symbol 7203.T"),
        ("fetch_data", ["AAPL", "2w"], "period is '2w'; it must be one of 1mo, 3mo, 6mo, 1y,"),
        ("bulk_import", [["AAPL"], "2w"], "period is '2w'; it must be one of 1mo, 3mo, 6mo, 1y,"),
        ("bulk_import", [[]], "symbols is empty; give at least one"),
        ("bulk_import", [["X", "Y"]], "none of 2 symbols could be imported; X: http://"),
    ]
    sent = [(jobs.send(name, *args), reason) for name, args, reason in cases]
    for task, reason in sent:
        record = jobs.ended(task)
        assert record["status"] == "error"
        assert reason in record["error_message"]
        assert eventually(lambda task=task: jobs.result(task).get("status") == "FAILURE")


def test_bulk_import_goes_on_after_a_symbol_that_fails(jobs: Jobs) -> None:
    record = jobs.ended(jobs.send("bulk_import", ["IBM", "7203.T", "FB", "IBM"], period="1mo"))
    assert record["status"] == "completed"
    assert record["task_type"] == "bulk_import"
    assert record["progress"] == {"current": 3, "total": 3, "percentage": 100}
    results = record["results"]
    assert (results["records_saved"], results["records_skipped"]) == (42, 0)
    assert (results["symbols_imported"], results["symbols_failed"]) == (2, 1)
    assert results["success_rate"] == 66.6
    assert results["symbols"]["IBM"] == {"records_saved": 21, "records_skipped": 0}
    assert "knows no symbol" in results["failures"]["7203.T"]
