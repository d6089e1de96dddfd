"""One document, body, row, message and event of each kind, compared with what is kept in
`golden.json`: from 1.0.0 on each of these stays readable.

`python -m tests.record.test_golden` rewrites the file.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from progress_backend.record import (
    answers,
    light_row,
    messages,
    reader_view,
    task_json,
    webhook_event,
)
from progress_backend.record import document as doc
from progress_backend.record.model import Task
from tests.record.test_fields import FULL
from tests.strategies import NOW

GOLDEN = Path(__file__).with_name("golden.json")
CREATED = Task("t", "fetch_data", 252, "7203.T", message="waits", created_at=NOW, revision=1)
ENDED = replace(
    FULL,
    status="completed",
    error_message=None,
    error_cause=None,
    control=None,
    warnings=None,
    eta=None,
    expires=None,
    again_s=None,
    lost_runs=0,
    again_until=None,
    completed_at=NOW + timedelta(seconds=30),
)
TASKS = {"created": CREATED, "open to a redelivery": FULL, "completed": ENDED}


def made() -> dict[str, Any]:
    """What today's code makes of the tasks."""
    texts: dict[str, bytes] = {}
    for name, task in TASKS.items():
        stored = task_json.encode(task)
        body = doc.body_of(stored)
        texts[f"document, {name}"] = stored
        texts[f"body, {name}"] = body
        texts[f"message, {name}"] = messages.update_message(doc.read(stored), "progress_update")
        about = ("task", task.status, "id", task.task_id, NOW, "progress-backend")
        texts[f"event, {name}"] = webhook_event.body(*about, body)
    large = replace(CREATED, metadata={"text": "x" * 2_000})
    texts["row, large"] = light_row.row(doc.read(task_json.encode(large)))
    texts["row, unreadable"] = light_row.row(reader_view.row(b"5", "t"))
    texts["answer to a creation"] = doc.written(
        answers.CreatedTask.of(doc.read(task_json.encode(CREATED)))
    )
    return {name: json.loads(text) for name, text in texts.items()}


@pytest.mark.parametrize("name", made())
def test_what_is_written_is_the_golden_file(name: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    assert json.dumps(made()[name]) == json.dumps(golden[name])
    assert ("_" in golden[name]) == name.startswith("document")


@pytest.mark.parametrize("name", TASKS)
def test_a_golden_document_is_read(name: str) -> None:
    golden = json.loads(GOLDEN.read_text())[f"document, {name}"]
    assert task_json.decode(json.dumps(golden).encode()) == task_json.settled(TASKS[name])


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(made(), ensure_ascii=False, indent=1) + "\n")
