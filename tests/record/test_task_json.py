import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from progress_backend.errors import TooLarge, TransitionRefused
from progress_backend.flows.stored_record import facets_of
from progress_backend.record import events as ev
from progress_backend.record import task_json, timeline
from progress_backend.record.fields import VERSION
from progress_backend.record.model import Task, Worker
from progress_backend.record.transition import transition
from tests.record.sample import RUNNING
from tests.strategies import NOW, events, mappings, plain_mappings, tasks

SPEC_STATUS = {
    "task_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "status": "running",
    "task_type": "fetch_data",
    "symbol": "7203.T",
    "progress": {"current": 150, "total": 252, "percentage": 59.5},
    "current_status": "データを処理しています... (150/252)",
    "start_time": "2024-01-15T10:30:00.000+00:00",
    "updated_at": "2024-01-15T10:30:30.000+00:00",
    "estimated_completion": "2024-01-15T10:30:40.200+00:00",
    "processing_details": {"processing_rate": "10 items/sec", "estimated_remaining": "10 seconds"},
}
TASK = replace(
    RUNNING, task_id=SPEC_STATUS["task_id"], attempt=1, worker=Worker("lease", "celery@host")
)


def body(task: Task) -> dict:
    return json.loads(task_json.encode(task))


def test_the_document_is_the_specifications_body_and_more() -> None:
    document = body(TASK)
    assert {name: document[name] for name in SPEC_STATUS} == SPEC_STATUS
    assert set(TASK.to_dict()) < set(document)
    assert document["revision"] == 3
    assert "データ".encode() in task_json.encode(TASK)  # readable in redis-cli


@given(tasks(plain_mappings))
def test_a_document_reads_back_as_the_task(task) -> None:
    assert task_json.decode(task_json.encode(task)) == task_json.settled(task)


@given(tasks(), events())
def test_a_completed_record_is_to_events_what_it_was(task, happened) -> None:
    """Whatever its document does not have any more. No run publishes its own task, runs it again or
    is what a caller asks of a workflow, and none acknowledges where nothing is asked."""
    if isinstance(happened, (ev.Created, ev.Planned, ev.WorkflowRequested, ev.Repeated)):
        happened = happened.replace(owner=None, run=None)
    assume(task.requested is not None or not isinstance(happened, ev.Acknowledged))
    task = replace(task, status="completed")
    assert _after(task_json.settled(task), happened) == _after(task, happened)


def _after(task: Task, happened: ev.Event) -> object:
    try:
        after = transition(task, happened, NOW)
    except TransitionRefused as refused:
        return type(refused), str(refused), refused.status
    entries = timeline.written(task, happened, after)
    return task_json.settled(after), entries, facets_of(task), facets_of(after)


@given(tasks(mappings))
def test_whatever_a_job_hands_over_is_one_strict_document(task) -> None:
    document = task_json.encode(task)
    read = json.loads(document.decode("utf-8"), parse_constant=pytest.fail)
    assert read["task_id"] == task.task_id
    again = task_json.decode(document)
    assert json.loads(task_json.encode(again)) == read
    same = {"metadata": {}, "results": {}, "processing_details": {}}
    assert replace(again, **same) == task_json.settled(replace(task, **same))


def test_a_document_has_a_limit() -> None:
    with pytest.raises(TooLarge, match=f"at most {task_json.MAX_DOCUMENT_BYTES} are kept"):
        task_json.encode(replace(TASK, results={"x": "あ" * task_json.MAX_DOCUMENT_BYTES}))


@given(st.integers(1, 300_000), st.sampled_from(["metadata", "results", "processing_details"]))
def test_what_is_clipped_fits(size, field) -> None:
    large = replace(TASK, **{field: {"x": "あ" * size}}, message="m" * size)
    document = task_json.encode(task_json.clipped(large))
    assert len(document) < task_json.MAX_DOCUMENT_BYTES / 2


def test_clipping_keeps_what_is_small_and_says_how_large_the_rest_was() -> None:
    large = replace(TASK, results={"x": "y" * 20_000}, metadata={"a": 1}, error_message=None)
    clipped = task_json.clipped(large)
    assert clipped.results == {"truncated": True, "bytes": 20_008}
    code = {"code": "retry", "args": {"reason": "x"}}
    retried = task_json.clipped(replace(large, message="x" * 3_000, message_code=code))
    assert retried.message_code == code, "a text without its code would be the job's own"
    assert (clipped.metadata, clipped.error_message) == ({"a": 1}, None)


@pytest.mark.parametrize("rate", ["fast", "9 items/sec"])
def test_estimates_fill_only_what_the_caller_left_open(rate: str) -> None:
    own = replace(TASK, processing_details={"processing_rate": rate, "x": 1})
    shown = {"processing_rate": rate, "estimated_remaining": "10 seconds", "x": 1}
    assert body(own)["processing_details"] == shown
    assert task_json.decode(task_json.encode(own)) == own
    assert body(replace(TASK, rate=None))["processing_details"] == {}


def newer(task: Task) -> Task:
    """The task as a newer version has written it, with one more field of each kind."""
    body = json.loads(task_json.encode(task))
    body |= {"stage": "load", "history": [{"created_at": "x", "revision": 99}]}
    body["progress"]["failed"] = 3
    body["_"] |= {"v": VERSION + 1, "host": {"zone": "a"}}
    return task_json.decode(json.dumps(body).encode())


def test_fields_of_another_version_are_carried_over() -> None:
    """Workers of two versions write one record while they are rolled out."""
    task = replace(TASK, worker=Worker("a/1", "a", run=7), again_s=60.0)
    for event in (ev.Progressed(current=3), ev.Retried(retries=1, eta=NOW), ev.Completed()):
        after = transition(newer(task), event, NOW, task_id=TASK.task_id)
        written = json.loads(task_json.encode(after))
        assert (written["stage"], written["progress"]["failed"]) == ("load", 3)
        assert written["history"] == [{"created_at": "x", "revision": 99}]
        assert (written["_"]["v"], written["_"]["host"]) == (VERSION + 1, {"zone": "a"})
        plain = json.loads(task_json.encode(replace(after, unknown={})))
        assert {**written, **plain, "_": written["_"]} == written | {"progress": plain["progress"]}
        assert list(written)[-1] == "_"
        assert task_json.decode(json.dumps(written).encode()) == task_json.settled(after)


def test_what_no_newer_version_has_written_is_not_kept() -> None:
    body = json.loads(task_json.encode(TASK)) | {"stage": "load"}
    assert task_json.decode(json.dumps(body).encode()).unknown == {}


def nested(depth: int, inner: object = 1) -> object:
    for _ in range(depth):
        inner = [inner]
    return inner


def test_a_circle_is_cut_and_a_shared_value_is_none() -> None:
    circle: dict[str, object] = {}
    circle.update(a=circle, b=circle, c=[circle])
    read = body(replace(TASK, results=circle))["results"]
    assert read.keys() == {"a", "b", "c"}
    assert isinstance(read["a"], str)
    shared = {"x": nested(3)}
    read = body(replace(TASK, results={str(n): shared for n in range(30)}))["results"]
    assert read["29"] == shared
