"""A message that is delivered a second time, by a broker that does not mark it as redelivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from progress_backend.errors import TransitionRefused
from progress_backend.record import events as ev
from progress_backend.record.model import NOT_PUBLISHED, REPORTED, Task, TaskStatus, Worker
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


def at(second: float) -> datetime:
    return NOW + timedelta(seconds=second)


def after(*happened: ev.Event) -> Task:
    """The record after events a second from each other."""
    task = None
    for second, event in enumerate(happened):
        task = transition(task, event, at(second), task_id="t")
    assert task is not None
    return task


@pytest.mark.parametrize("cause", ["exception", "rejected", "time_limit", "internal_error"])
@pytest.mark.parametrize("again", [SECOND, NEXT])
def test_a_failed_record_begins_again(again: ev.Started, cause: str) -> None:
    """Its message was rejected into an exchange that leads back, or not acknowledged."""
    failed = (CREATED, FIRST, replace(BROKE, cause=cause))
    running = after(*failed, again)
    assert (running.status, running.attempt, running.error_cause) == ("running", 2, None)
    assert after(*failed, again, ev.Completed(attempt=2)).status == TaskStatus.COMPLETED
    assert after(*failed, again, replace(BROKE, attempt=2)).status == TaskStatus.ERROR


def test_so_does_one_that_no_worker_had_registered() -> None:
    unknown = ev.Failed(error_message="no such task", cause="unknown_task")
    assert after(CREATED, unknown, FIRST).status == TaskStatus.RUNNING


@pytest.mark.parametrize("end", [ev.Ignored(attempt=1), STORED])
def test_so_does_a_cancel_that_no_caller_has_asked_for(end: ev.Event) -> None:
    assert after(CREATED, FIRST, end, SECOND).status == TaskStatus.RUNNING


@pytest.mark.parametrize(
    "before",
    [
        (FIRST, ev.Completed(attempt=1)),
        (FIRST, ev.Cancelled(by="api")),
        (FIRST, ev.Failed(error_message="enough", cause=REPORTED)),
        (STORED,),  # a revoke of a task that waits: no run of it was there before
    ],
)
def test_other_ends_stay(before: tuple[ev.Event, ...]) -> None:
    with pytest.raises(TransitionRefused):
        after(CREATED, *before, SECOND)


@pytest.mark.parametrize(
    "late",
    [
        replace(SECOND, at=at(0.5)),  # the store was away from that worker
        FIRST,  # its reply was lost
    ],
)
def test_a_start_that_is_late_is_no_second_delivery(late: ev.Started) -> None:
    with pytest.raises(TransitionRefused):
        after(CREATED, FIRST, BROKE, late)


def test_a_publish_that_is_recorded_after_its_start_changes_nothing() -> None:
    running = after(CREATED, FIRST, BROKE, SECOND)
    assert transition(running, replace(CREATED, at=at(2.5)), at(9)) is running


TWO = (CREATED, FIRST, SECOND)
RETURNED = ev.Completed(attempt=1, results={"rows": 4})


@pytest.mark.parametrize(
    "end", [replace(BROKE, attempt=2), replace(BROKE, cause="time_limit"), ev.Ignored(attempt=2)]
)
def test_the_success_of_the_older_run_stands_where_the_newer_one_has_none(end: ev.Event) -> None:
    """The visibility timeout had passed while it ran; Celery keeps its SUCCESS."""
    task = after(*TWO, end, RETURNED)
    assert (task.status, task.attempt, task.results) == ("completed", 2, {"rows": 4})
    assert (task.error_message, task.error_cause, task.control) == (None, None, None)
    for older in (replace(BROKE, attempt=1), ev.Ignored(attempt=1), ev.Progressed(attempt=1)):
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
        (replace(BROKE, attempt=2), CREATED, replace(BROKE, cause=NOT_PUBLISHED, attempt=2)),
    ],
)
def test_otherwise_it_is_refused(before: tuple[ev.Event, ...]) -> None:
    with pytest.raises(TransitionRefused):
        after(*TWO, *before, RETURNED)


def test_a_run_has_one_end() -> None:
    with pytest.raises(TransitionRefused):
        after(CREATED, FIRST, replace(BROKE, attempt=1), RETURNED)
