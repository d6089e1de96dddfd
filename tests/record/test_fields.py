"""The types of a task's fields, against all that is made from them."""

import json
from typing import Any

import pytest
from msgspec import structs
from msgspec.structs import fields

from progress_backend.errors import ForeignValue
from progress_backend.record import document as doc
from progress_backend.record import task_json
from progress_backend.record.fields import Body, Bookkeeping, Link
from progress_backend.record.model import Member, Task, Warnings, Worker, replace
from progress_backend.record.work import Work
from progress_backend.web.route_table import body_of
from tests.strategies import NOW

#: A task with another value than the default in every field.
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
    eta=NOW,
    expires=NOW,
    again_s=60.0,
    lost_runs=2,
    again_until=NOW,
    parent_id="p",
    root_id="r",
    group_id="g",
    member=Member(("w", "canvas"), 1, planned=True, unseen=True, share=1_000, acts=("a", "")),
    keeps_results=False,
    keeps_message=True,
    owner="alice",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    again=False,
    again_of="older",
    again_by="newer",
    error_cause="lost",
    links=(Link(url="/files/7", title="Export", expires_at="2024-01-15T10:30:00.000+09:00"),),
    rate=10.0,
    work=Work(120, 12.5, 14.5, 1.5),
    usual=(4, 0.5, 2.5, 0, 0),
    expect_s=600.0,
    stall_s=60.0,
    scheduled=True,
    warnings=Warnings(NOW, NOW),
    message_code={"code": "lost", "args": {"worker": "a"}},
    error_code={"code": "failed_until", "args": {"time": "now"}},
    control={"action": "pause", "by": "api", "reason": "x", "message": "y", "at": "now"}
    | {"acknowledged_at": None, "second_run_at": "later"},
    revision=3,
)
DOCUMENT: dict[str, Any] = json.loads(task_json.encode(FULL))


FIELDS = {field.name: field for field in structs.fields(Body)}
ALWAYS = [name for name, field in FIELDS.items() if field.required]
#: What only a row has, and what is made as a record is read.
ROWS, PLACES = ["omitted", "detail"], ["ahead", "start_estimate", "usual_ms"]
#: What only a running one has.
AT_WORK = ["estimate"]
STORED = [name for name in FIELDS if name not in (*ROWS, *PLACES, *AT_WORK)]
KEPT = [field.encode_name for field in structs.fields(Bookkeeping)]


def test_each_attribute_of_a_task_is_written_and_read() -> None:
    default = Task("", "")
    assert [f.name for f in fields(Task) if getattr(FULL, f.name) == getattr(default, f.name)] == [
        "unknown"
    ]
    assert list(DOCUMENT) == [*STORED, "_"]
    own = {"processing_rate": "9 items/sec"}
    runs = replace(FULL, status="running", attempt=0, root_id="t", processing_details=own)
    other = json.loads(task_json.encode(runs))
    assert set(AT_WORK) <= other.keys()
    assert (DOCUMENT["_"] | other["_"]).keys() == set(KEPT)
    assert "root_id" not in other
    assert task_json.decode(task_json.encode(FULL)) == FULL
    assert list(FULL.to_dict()) == list(FIELDS)[:14]
    assert [name for name, value in DOCUMENT.items() if value is None] == ["estimated_completion"]


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_another_type_makes_a_document_foreign(name: str) -> None:
    wrong = json.dumps({**DOCUMENT, name: "5" if isinstance(DOCUMENT.get(name), list) else [5]})
    with pytest.raises(ForeignValue, match=f"its JSON is not a record: .* at `..{name}"):
        doc.read(wrong.encode())


@pytest.mark.parametrize("name", KEPT)
def test_so_does_one_of_the_bookkeeping(name: str) -> None:
    kept = {**DOCUMENT["_"], name: "5" if isinstance(DOCUMENT["_"].get(name), list) else [[5]]}
    with pytest.raises(ForeignValue, match=f"its JSON is not a record: .* at `.._.{name}"):
        task_json.decode(json.dumps({**DOCUMENT, "_": kept}).encode())


@pytest.mark.parametrize("name", STORED)
def test_only_what_has_a_default_may_be_missing(name: str) -> None:
    without = json.dumps({key: DOCUMENT[key] for key in DOCUMENT if key != name}).encode()
    if name in ALWAYS:
        with pytest.raises(ForeignValue, match=f"missing required field `{name}`"):
            doc.read(without)
    else:
        assert doc.read(without)


def test_the_described_body_is_the_document() -> None:
    described = body_of(Body).model_json_schema()
    assert list(described["properties"]) == list(FIELDS)
    assert described["required"] == ALWAYS
    body = {name: DOCUMENT[name] for name in STORED}
    assert body_of(Body).model_validate(body).model_dump(include=set(STORED)) == body
    for part in ("Progress", "Membership", "Control", "Warnings"):
        assert all(one["description"] for one in described["$defs"][part]["properties"].values())
