"""Which changes of a record count as waits and runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.record import times_taken
from progress_backend.record.model import Task, TaskStatus, replace
from progress_backend.record.times_taken import Took

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CREATED = Task(task_id="t", task_type="fetch_data", created_at=NOW, revision=1)
RUNNING = replace(
    CREATED,
    status=TaskStatus.RUNNING,
    started_at=NOW,
    attempt_started_at=NOW,
    waited_ms=2_000,
    attempt=1,
)
DONE = replace(RUNNING, status=TaskStatus.COMPLETED, completed_at=NOW + timedelta(seconds=20))
WAIT, RUN = Took("wait", 2_000_000), Took("run", 20_000_000)


def test_a_wait_counts_once_with_the_first_start() -> None:
    assert times_taken.took(None, CREATED) == ()
    assert times_taken.took(CREATED, RUNNING) == (WAIT,)
    assert times_taken.took(RUNNING, replace(RUNNING, current_items=3)) == ()
    assert times_taken.took(RUNNING, replace(RUNNING, attempt=2)) == ()
    # Both reached the store together.
    assert times_taken.took(CREATED, DONE) == (WAIT, RUN)


def test_a_run_counts_once_with_its_success() -> None:
    assert times_taken.took(RUNNING, DONE) == (RUN,)
    assert times_taken.took(DONE, replace(DONE, results={"late": 1})) == ()
    assert times_taken.took(DONE, replace(DONE, attempt=2)) == (RUN,)
    second = replace(DONE, attempt_started_at=NOW + timedelta(seconds=19.5))
    assert times_taken.took(RUNNING, second) == (Took("run", 500_000),)


@pytest.mark.parametrize("status", [TaskStatus.ERROR, TaskStatus.CANCELLED])
def test_a_run_without_success_does_not_count(status: TaskStatus) -> None:
    assert times_taken.took(RUNNING, replace(DONE, status=status)) == ()


def test_an_end_by_force_or_without_a_start_does_not_count() -> None:
    assert times_taken.took(RUNNING, replace(DONE, control={"action": "end", "by": "ops"})) == ()
    never = replace(DONE, started_at=None, attempt_started_at=None)
    assert times_taken.took(RUNNING, never) == ()


def test_a_clock_that_is_set_back_counts_as_nothing() -> None:
    ended = replace(DONE, completed_at=NOW - timedelta(seconds=5))
    assert times_taken.took(RUNNING, ended) == (Took("run", 0),)


def test_no_sum_outgrows_what_redis_counts() -> None:
    ended = replace(DONE, completed_at=NOW + timedelta(days=900_000))
    (took,) = times_taken.took(RUNNING, ended)
    assert took.us * 250_000 < 2**63
