from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Task, TaskStatus, Warnings, Worker, replace
from progress_backend.record.past_runs import PastRun
from progress_backend.record.task_warnings import judged
from progress_backend.record.transition import transition
from progress_backend.record.work import Work
from tests.strategies import NOW, tasks

TEN_MINUTES = [PastRun(number, 600.0, 100, whole=660.0) for number in range(1, 5)]
WORKER = Worker("lease-1", "celery@one")
#: Ten values, one a second.
RUNNING = Task(
    "t",
    "x",
    total_items=100,
    created_at=NOW,
    root_id="t",
    revision=1,
    status="running",
    started_at=NOW,
    attempt_started_at=NOW,
    updated_at=NOW + timedelta(seconds=10),
    current_items=10,
    attempt=1,
    worker=WORKER,
    work=Work(9, 9.0, 10.0, 1.0),
)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def found(
    task: Task, seconds: float, past: Sequence[PastRun] = (), *, answers: bool = True
) -> Warnings:
    return judged(task, past, at(seconds), answers=answers)


def of_work(**values: Any) -> Task:
    return replace(RUNNING, work=RUNNING.work._replace(**values))


@pytest.mark.parametrize(
    ("work", "marking", "seconds"),
    [
        ({}, {}, 40),  # not within half a minute
        ({"gap": 20.0}, {}, 70),
        ({}, {"stall_s": 5}, 15),
    ],
)
def test_a_run_has_stalled_three_times_its_longest_gap_after_its_last_value(
    work: dict[str, float], marking: dict[str, float], seconds: float
) -> None:
    """Or after as many seconds as its marking says."""
    task = replace(of_work(**work), **marking)
    assert found(task, seconds - 0.1) == Warnings()
    assert found(task, seconds + 0.1) == Warnings(stalled=at(10))


def test_nor_within_one_and_a_quarter_times_the_longest_gap_of_its_types_runs() -> None:
    """A run that has no such number is as none."""
    past = [replace(run, gap=gap) for run, gap in zip(TEN_MINUTES, (80.0, None, 5.0), strict=False)]
    assert found(RUNNING, 110, past) == Warnings()
    assert found(RUNNING, 110.1, past) == Warnings(stalled=at(10))
    assert found(of_work(gap=40.0), 130.1, past) == Warnings(stalled=at(10))
    assert found(replace(RUNNING, stall_s=5), 15.1, past) == Warnings(stalled=at(10))
    assert found(RUNNING, 40.1, TEN_MINUTES) == Warnings(stalled=at(10))


def test_nor_before_five_items_nor_while_its_worker_is_silent() -> None:
    assert found(of_work(items=4), 3_600) == Warnings()
    assert found(of_work(items=5), 3_600) == Warnings(stalled=at(10))
    assert found(replace(RUNNING, work=None), 3_600) == Warnings()
    assert found(RUNNING, 3_600, answers=False) == Warnings()


def test_a_run_is_late_past_one_and_a_quarter_times_the_slowest() -> None:
    """By the pace of that run and the own total of this one; work counts from its first value."""
    fresh = of_work(gap=400.0)
    assert found(fresh, 751, TEN_MINUTES) == Warnings()  # 750 s of work, and 1 s before
    assert found(fresh, 751.5, TEN_MINUTES) == Warnings(late=at(751))
    doubled = replace(fresh, total_items=200)
    assert found(doubled, 1_200, TEN_MINUTES) == Warnings()
    assert found(doubled, 1_501.5, TEN_MINUTES).late == at(1_501)
    assert found(replace(fresh, total_items=None), 751.5, TEN_MINUTES).late == at(751)


def test_a_run_without_values_is_late_by_the_whole_of_the_slowest() -> None:
    silent = replace(RUNNING, work=None, updated_at=NOW)
    assert found(silent, 825, TEN_MINUTES) == Warnings()
    assert found(silent, 826, TEN_MINUTES) == Warnings(late=at(825))
    assert found(replace(silent, total_items=200), 1_500, TEN_MINUTES) == Warnings()
    assert found(replace(silent, total_items=None), 826, TEN_MINUTES).late == at(825)


def test_a_run_is_not_late_within_half_a_minute_unless_its_marking_says_so() -> None:
    quick = [PastRun(number, 1.0, 100) for number in range(1, 5)]
    silent = replace(RUNNING, work=None, updated_at=NOW)
    assert found(silent, 30, quick) == Warnings()
    assert found(silent, 30.1, quick) == Warnings(late=at(30))
    assert found(replace(silent, expect_s=5), 5.1, quick) == Warnings(late=at(5))
    assert found(replace(silent, expect_s=50), 49, quick) == Warnings()


def test_pauses_do_not_make_a_run_late() -> None:
    """An hour of them."""
    paused = transition(RUNNING, ev.Paused(by="api"), at(20))
    acknowledged = transition(paused, ev.Acknowledged(), at(20))
    again = transition(acknowledged, ev.Resumed(), at(3_620))
    assert again.status == "running"
    assert found(again, 3_640, TEN_MINUTES) == Warnings()
    assert found(again, 3_651, TEN_MINUTES) == Warnings(stalled=at(3_620))
    assert found(again, 4_350, TEN_MINUTES).late is None
    assert found(again, 4_352, TEN_MINUTES).late is not None


@pytest.mark.parametrize(
    "event",
    [
        ev.Paused(by="api"),
        ev.Retried(retries=1, eta=at(7_200)),
        ev.Requeued(again_s=60.0),
        ev.Completed(),
        ev.Failed(error_message="why"),
        ev.Cancelled(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_run_that_is_not_to_continue_has_no_warnings(event: ev.Event) -> None:
    """A retry begins its own time."""
    after = transition(RUNNING, event, at(10), lease_s=30)
    assert found(after, 7_000, TEN_MINUTES) == Warnings()
    if isinstance(event, ev.Retried):
        again = ev.Started(identity=ev.Identity("x"), worker=WORKER)
        assert found(transition(after, again, at(890)), 1_700, TEN_MINUTES) == Warnings()


def test_four_past_runs_are_needed_of_each_figure() -> None:
    runs = [PastRun(n, 10.0 * n, 5 if n > 1 else 0) for n in range(1, 5)]
    silent = replace(RUNNING, work=None, total_items=None, updated_at=NOW)
    assert found(RUNNING, 3_000, runs[:3]).late is found(silent, 3_000, runs[:3]).late is None
    assert found(RUNNING, 3_000, runs).late == at(1 + 1.25 * 40)
    assert found(silent, 3_000, runs).late == at(1.25 * 40)
    more = [*runs, PastRun(5, 20.0, 1, whole=99.0)]
    assert found(RUNNING, 3_000, more).late == at(1 + 1.25 * 20 * 100)
    assert found(silent, 3_000, more).late == at(1.25 * 99)


# What a warning does to the record


def warned(task: Task, new: Warnings, seconds: float) -> Task:
    event = ev.Warned(warnings=new, revision=task.revision)
    return transition(task, event, at(seconds), revision=task.revision + 1)


def test_a_warning_changes_no_time_and_no_status() -> None:
    after = warned(RUNNING, Warnings(stalled=at(10)), 50)
    assert after == replace(RUNNING, warnings=Warnings(stalled=at(10)), revision=2)
    both = warned(after, Warnings(late=at(901)), 902)
    assert both.warnings == Warnings(at(10), at(901))
    assert warned(both, Warnings(late=at(950)), 960) is both


def test_a_value_takes_back_that_a_run_has_stalled_and_its_end_all() -> None:
    both = warned(RUNNING, Warnings(at(10), at(901)), 902)
    after = transition(both, ev.Progressed(current=11), at(903))
    assert after.warnings == Warnings(late=at(901))
    assert transition(after, ev.Progressed(current=12), at(904)).warnings == after.warnings
    for end in (ev.Completed(), ev.Failed(error_message="x"), ev.Ignored(), ev.Paused()):
        assert transition(both, end, at(903)).warnings is None
    cancelled = transition(both, ev.Cancelled(by="api"), at(903))
    assert (cancelled.still_runs, cancelled.warnings) == (True, both.warnings)
    over = transition(cancelled, ev.Acknowledged(), at(904))
    assert (over.still_runs, over.warnings) == (False, None)
    only = warned(RUNNING, Warnings(stalled=at(10)), 50)
    assert transition(only, ev.Progressed(message="still here"), at(60)).warnings is None


@given(tasks(), st.floats(0, 10_000), st.booleans())
def test_no_warning_is_repeated_or_given_for_a_task_that_does_not_run(
    task, seconds, answers
) -> None:
    judged_now = judged(task, TEN_MINUTES, at(seconds), answers=answers)
    if not any(judged_now):
        return
    assert task.status == TaskStatus.RUNNING
    assert all(
        not new or not old for new, old in zip(judged_now, task.warnings or (), strict=False)
    )
    after = warned(task, judged_now, seconds)
    assert not any(judged(after, TEN_MINUTES, at(seconds), answers=answers))
    assert task_json.decode(task_json.encode(after)) == after
