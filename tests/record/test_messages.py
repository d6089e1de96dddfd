"""Messages to sockets and event streams."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from progress_backend.record import document as doc
from progress_backend.record import messages, task_json
from progress_backend.record.model import Delivery, Task
from tests.record.sample import RUNNING
from tests.strategies import NOW


def message(task: Task, kind: str = "progress_update") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(
        messages.update_message(doc.read(task_json.encode(task)), kind)
    )
    return made


def test_a_message_is_the_specifications_and_more() -> None:
    made = message(RUNNING)
    assert made == {
        "type": "progress_update",
        "task_id": "t",
        "status": "running",
        "progress": {"current": 150, "total": 252, "percentage": 59.5},
        "message": RUNNING.message,
        "timestamp": "2024-01-15T10:30:30.000+00:00",
        "revision": 3,
        "task_type": "fetch_data",
        "symbol": "7203.T",
        "estimated_completion": "2024-01-15T10:30:40.200+00:00",
        "processing_details": {
            "processing_rate": "10 items/sec",
            "estimated_remaining": "10 seconds",
        },
        "rate": 10.0,
        "estimated_details": ["processing_rate", "estimated_remaining"],
        "created_at": "2024-01-15T10:30:00.000+00:00",
        "final": False,
    }
    assert list(made)[:6] == ["type", "task_id", "status", "progress", "message", "timestamp"]


@pytest.mark.parametrize("status", ["completed", "error", "cancelled"])
def test_only_an_end_has_results_and_error(status: str) -> None:
    task = replace(RUNNING, results={"a": 1}, error_message="why")
    assert message(task).keys() & {"results", "error_message"} == set()
    ended = message(replace(task, status=status))
    assert (ended["results"], ended["error_message"]) == ({"a": 1}, "why")


def test_a_request_is_in_each_message_while_the_record_has_it() -> None:
    control = {"action": "pause", "by": "api", "reason": None, "at": "now", "acknowledged_at": None}
    assert message(replace(RUNNING, control=control))["control"] == control
    assert "control" not in message(RUNNING)


def test_a_message_always_has_a_time() -> None:
    made = message(replace(RUNNING, updated_at=None), "task_created")
    assert (made["type"], made["timestamp"]) == ("task_created", "2024-01-15T10:30:00.000+00:00")


def test_a_message_tells_until_when_the_end_may_be_taken_back() -> None:
    delivery = Delivery(again_until=NOW + timedelta(minutes=5))
    made = message(replace(RUNNING, status="error", error_cause="lost", delivery=delivery))
    assert (made["final"], made["may_come_again_until"]) == (False, "2024-01-15T10:35:00.000+00:00")
