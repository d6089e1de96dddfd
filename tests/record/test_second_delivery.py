"""A message that is delivered a second time, by a broker that does not mark it as redelivered."""

from datetime import datetime, timedelta

import pytest

from progress_backend.errors import TransitionRefused
from progress_backend.record import events as ev
from progress_backend.record.model import NOT_PUBLISHED, REPORTED, Task, Worker
from progress_backend.record.transition import transition
from tests.strategies import NOW

IDENTITY = ev.Identity(task_type="fetch_data")
CREATED = ev.Created(identity=IDENTITY)
FIRST = ev.Started(identity=IDENTITY, worker=Worker("lease-1", "celery@one", run=1))
SECOND = ev.Started(identity=IDENTITY, worker=Worker("lease-2", "celery@two", run=1))
#: The same worker has received the message again.
NEXT = ev.Started(identity=IDENTITY, worker=Worker("lease-1", "celery@one", run=2))
BROKE = ev.Failed(error_message="it broke")
STORED = ev.Cancelled(by="celery", reason=ev.STORED)
RETURNED = ev.Completed(attempt=1, results={"rows": 4})


def at(second: float) -> datetime:
    return NOW + timedelta(seconds=second)


def after(*happened: ev.Event) -> Task:
    """The record after events a second from each other."""
    task = None
    for second, event in enumerate(happened):
        task = transition(task, event, at(second), task_id="t")
    assert task is not None
    return task


CAUSES = ("exception", "rejected", "time_limit", "internal_error", "unknown_task")


@pytest.mark.parametrize(
    "end",
    [*(BROKE.replace(cause=cause) for cause in CAUSES), ev.Ignored(attempt=1), STORED],
    ids=lambda end: str(getattr(end, "cause", type(end).__name__)),
)
@pytest.mark.parametrize("again", [SECOND, NEXT])
def test_a_failed_record_begins_again(again: ev.Started, end: ev.Event) -> None:
    """Its message was rejected into an exchange that leads back, or not acknowledged; so does one
    with a cancel that no caller has requested."""
    running = after(CREATED, FIRST, end, again)
    assert (running.status, running.attempt, running.error_cause) == ("running", 2, None)
    for last, status in ((ev.Completed(attempt=2), "completed"), (BROKE, "error")):
        assert after(CREATED, FIRST, end, again, last.replace(attempt=2)).status == status


def test_a_start_after_a_forgotten_revoke_begins_a_run() -> None:
    assert after(CREATED, STORED, SECOND).status == "running"


def test_a_stored_success_stands_after_a_forgotten_revoke() -> None:
    """Neither the start nor the end of its run is recorded: the store was away, and the pool
    process died. The main process finds the SUCCESS, which Celery keeps."""
    task = after(CREATED, STORED, ev.Completed(owner="lease-2", run=1, results={"rows": 4}))
    assert (task.status, task.results, task.control) == ("completed", {"rows": 4}, None)
    for cancel in (ev.Cancelled(by="api"), ev.Cancelled(by="celery", reason=ev.TERMINATED)):
        with pytest.raises(TransitionRefused):
            after(CREATED, cancel, ev.Completed(owner="lease-2", run=1))


@pytest.mark.parametrize("reason", ["revoked", "expired", ev.STORED])
def test_the_success_of_a_run_stands_after_a_cancel_without_a_request(reason: str) -> None:
    """A copy of its message was discarded while its worker was frozen; Celery keeps the SUCCESS."""
    task = after(CREATED, FIRST, ev.Cancelled(by="celery", reason=reason), RETURNED)
    assert (task.status, task.results, task.control) == ("completed", {"rows": 4}, None)


@pytest.mark.parametrize(
    "happened",
    [
        (FIRST, ev.Completed(attempt=1), SECOND),
        (FIRST, ev.Cancelled(by="api"), SECOND),
        (FIRST, ev.Cancelled(by="api"), RETURNED),
        *((FIRST, ev.Cancelled(by="celery", reason=ev.TERMINATED), e) for e in (RETURNED, SECOND)),
        # A caller's, of no run.
        (FIRST, ev.Cancelled(by="celery", reason="revoked"), ev.Completed()),
        (FIRST, ev.Failed(error_message="enough", cause=REPORTED), SECOND),
        (STORED, SECOND.replace(at=at(0.5))),  # the run that the revoke has ended
        # A start that is late is no second delivery.
        (FIRST, BROKE, SECOND.replace(at=at(0.5))),  # the store was away from that worker
        (FIRST, BROKE, FIRST),  # its reply was lost
        # A run has one end.
        (FIRST, BROKE.replace(attempt=1), RETURNED),
    ],
)
def test_other_ends_stay(happened: tuple[ev.Event, ...]) -> None:
    with pytest.raises(TransitionRefused):
        after(CREATED, *happened)


TWO = (CREATED, FIRST, SECOND)


@pytest.mark.parametrize(
    "end", [BROKE.replace(attempt=2), BROKE.replace(cause="time_limit"), ev.Ignored(attempt=2)]
)
def test_the_success_of_the_older_run_stands_where_the_newer_one_has_none(end: ev.Event) -> None:
    """The visibility timeout had passed while it ran; Celery keeps its SUCCESS."""
    task = after(*TWO, end, RETURNED)
    assert (task.status, task.attempt, task.results) == ("completed", 2, {"rows": 4})
    assert (task.error_message, task.error_cause, task.control) == (None, None, None)
    for older in (BROKE.replace(attempt=1), ev.Ignored(attempt=1), ev.Progressed(attempt=1)):
        with pytest.raises(TransitionRefused):
            after(*TWO, end, older)


@pytest.mark.parametrize(
    "before",
    [
        (),
        (ev.Completed(attempt=2),),
        (ev.Cancelled(by="api"),),
        (ev.Failed(error_message="enough", cause=REPORTED),),
        # The id was published again, and its message could not be sent.
        (BROKE.replace(attempt=2), CREATED, BROKE.replace(cause=NOT_PUBLISHED, attempt=2)),
    ],
)
def test_otherwise_it_is_refused(before: tuple[ev.Event, ...]) -> None:
    with pytest.raises(TransitionRefused):
        after(*TWO, *before, RETURNED)


@pytest.mark.parametrize(
    "late", [ev.Progressed(current=9), ev.Completed(results={"rows": 4}), ev.Retried()]
)
def test_an_ended_run_changes_nothing_once_its_id_is_published_again(late: ev.Event) -> None:
    """It was cancelled, and goes on: no reply of the store has reached it."""
    again = (CREATED, FIRST, ev.Cancelled(by="api"), CREATED)
    for then in ((), (SECOND,)):
        with pytest.raises(TransitionRefused):
            after(*again, *then, late.replace(attempt=1))
    running = after(*again, SECOND)
    assert (running.status, running.attempt, running.current_items) == ("running", 2, 0)


@pytest.mark.parametrize("end", [ev.Completed(), BROKE, ev.Ignored(), ev.Retried()])
def test_a_run_without_a_recorded_start_ends_no_recorded_run(end: ev.Event) -> None:
    """The outbox was full. Its number is not known: another worker has a run."""
    late = end.replace(attempt=ev.UNRECORDED)
    with pytest.raises(TransitionRefused):
        after(*TWO, late)
    assert after(CREATED, late).status != "running"
    if isinstance(end, ev.Completed):  # Celery keeps it
        assert after(*TWO, BROKE.replace(attempt=2), late).status == "completed"


def test_a_record_that_is_older_than_its_run_takes_the_runs_number() -> None:
    """The store came back from an older copy."""
    assert after(CREATED, FIRST, ev.Progressed(attempt=3)).attempt == 3
