"""What is no record, and the record as a reader gets it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.errors import ForeignValue
from progress_backend.live.update import Update
from progress_backend.record import document as doc
from progress_backend.record import responses, task_json
from progress_backend.record.fields import MAX_DOCUMENT_BYTES, OTHER_TYPE, VERSION
from progress_backend.record.model import Worker, replace
from progress_backend.record.reader_view import UNREADABLE, row, seen
from tests.record.sample import RUNNING
from tests.strategies import NOW

PAUSING = replace(
    RUNNING,
    message="処理中",
    updated_at=NOW,
    attempt=1,
    attempt_started_at=NOW,
    worker=Worker("celery@a/1", "celery@a"),
    control={"action": "pause", "by": "api", "reason": None, "at": "2024-01-15T10:30:00.000+00:00"},
)
DOCUMENT = task_json.encode(PAUSING)


def changed(path: str, value: Any) -> bytes:
    """The document with another value at a place."""
    body = json.loads(DOCUMENT)
    *above, name = path.split(".")
    part = body
    for step in above:
        part = part[step]
    part[name] = value
    return json.dumps(body).encode()


FOREIGN = {
    "nothing": b"",
    "text": b"hello",
    "bytes": b"\xff\xfe\x00",
    "a number": b"5",
    "a list": b"[]",
    "another object": b'{"a": 1}',
    "cut": DOCUMENT[: len(DOCUMENT) // 2],
    "cut at its last byte": DOCUMENT[:-1],
    "followed by more": DOCUMENT + b"{}",
    "NaN": DOCUMENT.replace(b'"rate":10.0', b'"rate":NaN'),
    "Infinity": DOCUMENT.replace(b'"rate":10.0', b'"rate":-Infinity'),
    "NaN beside a long number": changed("results", {"n": 10**30}).replace(b"10.0", b"NaN"),
    "utf-16": DOCUMENT.decode().encode("utf-16"),
    "deep": b'{"task_id":' + b"[" * 100_000,
    "deep beside a long number": b"[" * 100_000 + b"1" * 30,
    "a hash": OTHER_TYPE + b"hash",
    "large": b'{"task_id":"' + b"x" * MAX_DOCUMENT_BYTES + b'"}',
    **{
        f"{path}={value!r}": changed(path, value)
        for path, value in (
            *(("task_id", None), ("task_id", "u"), ("task_type", 5), ("symbol", 5)),
            *(("status", "lost"), ("status", None), ("status", [])),
            *(("progress", None), ("progress", []), ("progress", {})),
            *(("progress.current", "150"), ("progress.current", True)),
            *(("progress.total", "252"), ("progress.total", 10**400), ("progress.percentage", "9")),
            *(("current_status", None), ("error_message", {})),
            *(("start_time", 5), ("start_time", ""), ("updated_at", "soon")),
            *(("updated_at", "2024-01-15T10:30:00"), ("end_time", "2024-01-15")),
            *(("created_at", "0001-01-01T00:00:00+14:00"), ("created_at", "9999-12-31T23:59:59Z")),
            *(("attempt_started_at", 1), ("estimated_completion", "x")),
            *(("results", []), ("processing_details", None), ("metadata", "x")),
            *(("attempt", "1"), ("attempt", None), ("retries", 1.5), ("revision", "3")),
            *(("worker", {}), ("eta", "soon"), ("expires", 5), ("estimate", []), ("estimate", {})),
            *(("rate", "10"), ("control", "pause"), ("parent_id", 5), ("processing_time_ms", "5")),
            *(("warnings", []), ("warnings", {"late": "soon"}), ("warnings", {"stalled": 5})),
        )
    },
}


@pytest.mark.parametrize("stored", FOREIGN.values(), ids=FOREIGN)
def test_a_value_that_is_no_record_is_recognized(stored: bytes) -> None:
    with pytest.raises(ForeignValue, match="what is stored for task t is not a record: it"):
        seen(stored, "t")
    with pytest.raises(ForeignValue):
        task_json.decode(stored, "t")
    with pytest.raises(ForeignValue):
        Update.of(stored, 1, "t")
    line = row(stored, "t")
    assert line.detail == line.error_message
    assert (line.task_id, line.error_cause, line.final) == ("t", UNREADABLE, False)
    assert task_json.decode(doc.written(line)).ended


@pytest.mark.parametrize("name", ["another object", "worker={}", "start_time=''", "cut", "a hash"])
def test_a_record_in_another_form_may_be_another_versions(name: str) -> None:
    of_other = str(row(FOREIGN[name], "t").detail).endswith(doc.OTHER_VERSION)
    assert of_other == (name not in ("cut", "a hash"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("v", None), ("lease", 5), ("began", "soon"), ("acts", "a"), ("lost_runs", 1.5)),
        *(("work", {"items": 5}), ("work", [3, "5", 1.5, 0])),
        *(("work", [-5, 1.5, 2, 0]), ("work", [3, 10**200, 1.5, 0])),
        *(("usual", {}), ("usual", ["4"]), ("usual", [-4])),
        *(("expect_s", "60"), ("expect_s", -1), ("stall_s", 10**200)),
    ],
)
def test_bookkeeping_that_is_none_is_shown_and_not_written_again(name: str, value: Any) -> None:
    stored = changed(f"_.{name}", value)
    assert seen(stored, "t") == seen(DOCUMENT, "t")
    with pytest.raises(ForeignValue):
        task_json.decode(stored, "t")


@given(st.data())
def test_a_record_with_changed_bytes_is_read_or_reported(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(DOCUMENT) - 1))
    stored = DOCUMENT[:at] + data.draw(st.binary(max_size=3)) + DOCUMENT[at + 1 :]
    try:
        record = seen(stored, "t")
    except ForeignValue:
        return
    task = task_json.task_of(record)
    assert task.ended or not task.ended
    assert Update.of(stored, 1, "t").message is not None
    responses.entity_tag(record, stored)


def test_a_newer_versions_record_is_read_with_what_it_has_besides() -> None:
    body = json.loads(changed("mood", "good"))
    body["_"] |= {"v": VERSION + 1, "slot": 3}
    newer = json.dumps(body).encode()
    assert seen(newer, "t") == seen(DOCUMENT, "t")
    assert task_json.decode(newer).unknown == {"mood": "good", "_": {"slot": 3, "v": VERSION + 1}}
