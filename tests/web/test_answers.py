"""Each answer of the API has the names of its Struct, and no others."""

import json
from typing import Any

import pytest
from msgspec import Struct, convert, to_builtins

from progress_backend.record import answers, fields, workflow_fields
from tests.records import Records
from tests.web.serving import RunningApi


@pytest.mark.parametrize(
    ("path", "sent", "kind"),
    [
        ("health", None, answers.Health),
        ("workers", None, answers.WorkerList),
        ("workflows", None, workflow_fields.WorkflowList),
        ("workflow/W/status", None, workflow_fields.WorkflowBody),
        ("task/W/status", None, fields.Body),
        ("task/half/status", None, fields.Body),
        ("task/half/timeline", None, answers.TaskTimeline),
        ("task/half/log", None, answers.TaskLog),
        ("create-task", {"task_type": "t", "total_items": 1}, answers.CreatedTask),
        ("act", {"action": "cancel", "ids": ["half", "none"]}, answers.ActedOn),
        ("create-task", {}, answers.Invalid),
        ("task/failed/cancel", {}, answers.Conflict),
    ],
)
def test_an_answer_has_the_names_of_its_struct(
    api: RunningApi, redis_url: str, path: str, sent: dict[str, Any] | None, kind: type[Struct]
) -> None:
    records = Records(redis_url)
    for task_id in ("failed", "half"):
        records.member(task_id, "W")
        records.run(task_id)
    records.fail("failed", "接続が切れました")
    method = "GET" if sent is None else "POST"
    body = api.http.request(method, f"/internal/{path}", json=sent).json()
    text = json.dumps(to_builtins(convert(body, kind)))
    assert json.loads(text.replace('000Z"', '+00:00"')) == body  # a time as msgspec writes it
