"""Messages to sockets and event streams."""

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


def test_an_ended_record_names_the_worker_that_still_runs_it() -> None:
    asked = {"action": "cancel", "acknowledged_at": None}
    task = replace(RUNNING, status="cancelled", control=asked, worker=Worker("lease", "celery@a"))
    assert message(task)["worker"] == "celery@a"
    assert "worker" not in message(replace(task, control=asked | {"acknowledged_at": "then"}))
    assert "worker" not in message(replace(task, status="running"))
