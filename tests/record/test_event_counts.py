"""Which figures a record ends with: those that were counted, or all of it."""

from __future__ import annotations

import pytest

from progress_backend.record import events as ev
from progress_backend.record.model import Task
from tests.record.steps.given import IDENTITY, OURS, after


@pytest.fixture
def running() -> Task:
    return after(None, ev.Created(identity=IDENTITY), ev.Started(identity=IDENTITY, worker=OURS))


def test_completed_keeps_the_last_count(running) -> None:
    assert after(running, ev.Progressed(current=3), ev.Completed()).progress == (3, 10, 100)
    assert after(running, ev.Progressed(current=12), ev.Completed()).progress == (12, 10, 100)


def test_completed_without_a_count_is_all_of_it(running) -> None:
    assert after(running, ev.Completed()).progress == (10, 10, 100)
    assert after(running, ev.Progressed(current=0), ev.Completed()).progress == (10, 10, 100)


def test_who_counts_at_the_end_is_believed(running) -> None:
    assert after(running, ev.Completed(current=3)).progress == (3, 10, 100)
    assert after(running, ev.Completed(current=10)).progress == (10, 10, 100)
    assert after(running, ev.Completed(current=0)).progress == (0, 10, 100)
    unknown = after(None, ev.Started(identity=ev.Identity(task_type="x")))
    assert after(unknown, ev.Completed(current=7)).progress == (7, 7, 100)


def test_a_total_of_nothing_is_unknown(running) -> None:
    task = after(None, ev.Started(identity=ev.Identity(task_type="x", total_items=0)))
    assert task.progress == (0, None, 0)
    counted = after(task, ev.Progressed(current=3, total=0))
    assert counted.progress == (3, None, 0)
    assert after(counted, ev.Completed()).progress == (3, 3, 100)
    assert after(running, ev.Progressed(current=3, total=0)).progress == (3, 10, 30)


def test_completed_sets_an_unknown_total_to_current() -> None:
    task = after(None, ev.Started(identity=ev.Identity(task_type="x")))
    task = after(task, ev.Progressed(current=7), ev.Completed())
    assert task.progress == (7, 7, 100)
    assert after(
        None, ev.Started(identity=ev.Identity(task_type="x")), ev.Completed()
    ).progress == (
        0,
        0,
        100,
    )
