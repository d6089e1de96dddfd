"""The table of a task's fields, against all that is made from it."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from progress_backend.errors import ForeignValue
from progress_backend.record import task_json
from progress_backend.record.document_check import body_of
from progress_backend.record.fields import (
    CONTROL,
    DELIVERY,
    PROGRESS,
    SPECIFIED,
    TASK,
    WORKER,
    Field,
)
from progress_backend.record.model import (
    Delivery,
    Member,
    Task,
    Warnings,
    Worker,
)
from progress_backend.record.work import Work
from progress_backend.web.openapi import field_bodies
from tests.strategies import NOW

#: A task whose every field has another value than its default.
FULL = Task(
    "t",
    "fetch_data",
    252,
    "7203.T",
    {"period": "1y"},
    150,
    "error",
    "処理中",
    "why",
    *(NOW, NOW, NOW, NOW),
    {"rows": 1},
    {"stage": "load"},
    checkpoint='{"arguments":"a","value":"7","loops":{}}',
    attempt=2,
    attempt_started_at=NOW,
    retries=1,
    waited_ms=2_500,
    worker=Worker("a/1", "a", "parent", 7),
    delivery=Delivery(NOW, NOW, 60.0, 2, NOW),
    parent_id="p",
    root_id="r",
    group_id="g",
    member=Member(("w", "canvas"), 1, planned=True, unseen=True, share=1_000, acts=("a", "")),
    keeps_results=False,
    owner="alice",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    error_cause="lost",
    rate=10.0,
    work=Work(120, 12.5, 14.5, 1.5),
    usual=(4, 0.5, 2.5, 0, 0),
    expect_s=600.0,
    stall_s=60.0,
    warnings=Warnings(NOW, NOW),
    control={"action": "pause", "by": "api", "reason": "x", "at": "now", "acknowledged_at": None},
    revision=3,
)
DOCUMENT: dict[str, Any] = json.loads(task_json.encode(FULL))


def ids(values: Any) -> str:
    return values.name if isinstance(values, Field) else str(values)


def test_each_attribute_of_a_task_is_a_field() -> None:
    """But the two that are in its progress, and what other versions have written."""
    default = Task("", "")
    assert [f.name for f in fields(Task) if getattr(FULL, f.name) == getattr(default, f.name)] == [
        "unknown"
    ]
    attributes = {field.attribute for field in TASK.fields}
    assert {f.name for f in fields(Task)} - attributes == {
        "current_items",
        "total_items",
        "unknown",
    }


def test_a_document_has_each_field_in_order_and_reads_back() -> None:
    assert list(DOCUMENT) == list(TASK.names)
    assert task_json.decode(task_json.encode(FULL)) == FULL
    assert list(FULL.to_dict()) == [field.name for field in SPECIFIED]


@pytest.mark.parametrize("field", TASK.fields, ids=ids)
def test_a_field_of_another_type_makes_a_document_foreign(field: Field) -> None:
    wrong = json.dumps(
        {**DOCUMENT, field.name: {"no": "such"} if dict not in field.json_types else 5}
    )
    with pytest.raises(ForeignValue, match=f"its {field.name} is"):
        body_of(wrong.encode())


@pytest.mark.parametrize("field", TASK.fields, ids=ids)
def test_only_a_sparse_field_may_be_missing(field: Field) -> None:
    without = {name: DOCUMENT[name] for name in DOCUMENT if name != field.name}
    if field.sparse:
        assert body_of(json.dumps(without).encode()) == without
    else:
        with pytest.raises(ForeignValue, match=f"it has no {field.name}"):
            body_of(json.dumps(without).encode())


def test_a_sparse_field_is_written_only_where_it_is_not_the_default() -> None:
    document = json.loads(task_json.encode(Task("t", "x", worker=Worker("a/1", "a"))))
    assert document.keys() == set(TASK.names) - {name for name, _ in TASK.sparse}
    assert list(document["worker"]) == ["lease", "name"]


def test_the_described_body_is_the_document() -> None:
    described = field_bodies.TaskBody.model_json_schema()
    assert list(described["properties"]) == list(TASK.names)
    assert set(described["required"]) == set(TASK.names) - {name for name, _ in TASK.sparse}
    assert field_bodies.TaskBody.model_validate(DOCUMENT).model_dump() == DOCUMENT
    for part in (PROGRESS, WORKER, DELIVERY, CONTROL):
        assert list(described["$defs"][part.name]["properties"]) == list(part.names)
