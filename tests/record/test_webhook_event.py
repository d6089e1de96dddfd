"""Events of webhooks: which changes make any, and what they are in JSON."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import task_json
from progress_backend.record.model import ENDED, KINDS, STATUSES, Task, Warnings, replace
from progress_backend.record.webhook_event import body, event_id, kinds, source_of

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
tasks = st.builds(
    lambda status, attempt, cause, warned: Task(
        "t",
        "fetch_data",
        status=status,
        attempt=attempt,
        error_cause=cause,
        warnings=Warnings(*(NOW if one else None for one in warned)) if any(warned) else None,
    ),
    st.sampled_from(STATUSES),
    st.integers(0, 3),
    st.sampled_from([None, "lost", "exception"]),
    st.tuples(*(st.booleans() for _ in KINDS)),
)


@given(tasks)
def test_an_end_is_an_event_once(task: Task) -> None:
    if task.ended:
        assert kinds(None, task) == (task.status,)
        assert kinds(task, task) == kinds(task, replace(task, revision=9)) == ()
        assert kinds(task, replace(task, attempt=task.attempt + 1)) == (task.status,)


@given(tasks, tasks)
def test_new_warnings_of_open_tasks_are_events(before, after) -> None:
    found = kinds(before, after)
    if not after.ended:
        known = before.warnings.kinds if before.warnings else ()
        warned = after.warnings.kinds if after.warnings else ()
        assert set(found) == set(warned) - set(known)
        assert set(found) <= set(KINDS)
    else:
        assert set(found) <= ENDED


def test_the_end_of_a_lost_run_that_completes_is_another_event() -> None:
    lost = Task("t", "fetch_data", status="error", error_cause="lost", attempt=1)
    assert kinds(lost, replace(lost, status="completed", error_cause=None)) == ("completed",)
    assert kinds(lost, replace(lost, error_cause="exception")) == ("error",)
    assert kinds(lost, replace(lost, status="running")) == ()


def test_id_and_source_of_an_event() -> None:
    assert event_id("4f1.a", 2, 7, "completed") == "4f1%2Ea~2~7~completed"
    sources = [source_of(prefix) for prefix in ("", "staging:", "a/b")]
    assert sources == ["progress-backend", "progress-backend/staging%3A", "progress-backend/a%2Fb"]


ids = st.text(max_size=20) | st.text("a.:~/%|", max_size=5)


@given(ids, st.integers(0, 9), st.integers(0, 9), ids, st.integers(0, 9), st.integers(0, 9))
def test_an_id_is_one_events_and_fits_a_header(one, attempt, revision, two, a, r) -> None:
    ours, other = event_id(one, attempt, revision, "error"), event_id(two, a, r, "error")
    assert (ours == other) == ((one, attempt, revision) == (two, a, r))
    assert ours.isascii()
    assert ours.isprintable()
    assert not {".", ":", " "} & set(ours)


@given(st.text(max_size=9), st.none() | st.just(NOW))
def test_a_body_is_a_cloud_event_with_the_record_as_it_is_stored(subject, time) -> None:
    document = task_json.encode(Task("t", "fetch_data", status="completed", completed_at=NOW))
    sent = body("task", "completed", "id", subject, time, source_of(""), document)
    assert sent.endswith(b',"data":' + document + b"}")
    event = json.loads(sent)
    required = {"specversion", "id", "source", "type"}
    assert required < event.keys()
    assert (event["specversion"], event["type"]) == ("1.0", "progress.task.completed")
    assert (event["subject"], event["data"]["task_id"]) == (subject, "t")
    assert event.get("time") == (None if time is None else "2026-01-02T03:04:05.678+00:00")
