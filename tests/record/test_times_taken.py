"""Which changes of a record count in the histograms, and in which bucket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.record import times_taken
from progress_backend.record.model import Task, TaskStatus, replace
from progress_backend.record.times_taken import BOUNDS, MOST_TYPES, OTHERS, Histogram, Took

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
WAIT, RUN = Took("wait", 5, 2_000_000), Took("run", 7, 20_000_000)


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
    assert times_taken.took(RUNNING, second) == (Took("run", 3, 500_000),)


@pytest.mark.parametrize("status", [TaskStatus.ERROR, TaskStatus.CANCELLED])
def test_a_run_without_success_does_not_count(status: TaskStatus) -> None:
    assert times_taken.took(RUNNING, replace(DONE, status=status)) == ()


def test_an_end_by_force_or_without_a_start_does_not_count() -> None:
    assert times_taken.took(RUNNING, replace(DONE, control={"action": "end", "by": "ops"})) == ()
    never = replace(DONE, started_at=None, attempt_started_at=None)
    assert times_taken.took(RUNNING, never) == ()


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0, 0), (-5, 0), (0.01, 0), (0.010001, 1), (86_400, len(BOUNDS) - 1), (86_401, len(BOUNDS))],
)
def test_a_bucket_has_the_times_up_to_its_bound(seconds: float, bucket: int) -> None:
    ended = replace(DONE, completed_at=NOW + timedelta(seconds=seconds))
    (took,) = times_taken.took(RUNNING, ended)
    assert took.bucket == bucket
    assert took.us >= 1


def test_no_sum_outgrows_what_redis_counts() -> None:
    ended = replace(DONE, completed_at=NOW + timedelta(days=900_000))
    (took,) = times_taken.took(RUNNING, ended)
    assert took.us * 250_000 < 2**63


def test_partitions_are_summed_and_types_bounded() -> None:
    one = Histogram((1,) + (0,) * len(BOUNDS), 5)
    names = [f"type{number:03}" for number in range(MOST_TYPES + 3)]
    some = {("run", name): one for name in names[:60]} | {("wait", "type000"): one}
    found = times_taken.merged([some, {("run", name): one for name in names[50:]}])
    assert found["wait", "type000"] == one
    assert found["run", "type055"] == one.plus(one)
    assert found["run", OTHERS] == one.plus(one).plus(one)
    assert len(found) == 1 + MOST_TYPES + 1
