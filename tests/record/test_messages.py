"""Messages to sockets and event streams."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from progress_backend.record import document as doc
from progress_backend.record import messages, task_json
from progress_backend.record.model import Task, Worker
from tests.record.sample import RUNNING


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
        "created_at": "2024-01-15T10:30:00.000+00:00",
        "final": False,
    }
    assert list(made)[:6] == ["type", "task_id", "status", "progress", "message", "timestamp"]


def test_an_ended_record_names_the_worker_that_still_runs_it() -> None:
    asked = {"action": "cancel", "acknowledged_at": None}
    task = replace(RUNNING, status="cancelled", control=asked, worker=Worker("lease", "celery@a"))
    assert message(task)["worker"] == "celery@a"
    assert "worker" not in message(replace(task, control=asked | {"acknowledged_at": "then"}))
    assert "worker" not in message(replace(task, status="running"))
