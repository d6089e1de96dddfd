from __future__ import annotations

import json
from datetime import timedelta
from math import exp, sqrt
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import past_runs
from progress_backend.record.model import Task, replace
from progress_backend.record.past_runs import KEPT, History, PastRun, history, newest
from progress_backend.record.work import Work
from tests.strategies import NOW, tasks

MISSES = (-0.3, 0.1, 0.5, 0.2, -0.2)
DONE = Task(
    "t",
    "x",
    total_items=100,
    current_items=100,
    status="completed",
    created_at=NOW - timedelta(seconds=3),
    started_at=NOW,
    waited_ms=3_000,
    attempt_started_at=NOW,
    completed_at=NOW + timedelta(seconds=60),
    work=Work(3, 90, 45.0, 50.0, 0, (5.0, 20.0, 10.0, 40.0)),
)
ENDED_MS = round(NOW.timestamp() * 1000) + 60_000


def test_a_run_has_its_work_and_what_became_of_its_predictions() -> None:
    run = past_runs.of_task(DONE)
    assert run == PastRun(ENDED_MS, 45.0, 90, 3.0, (0.6931, -0.1335, None, None), 60.0)


def test_a_run_without_values_took_its_whole_time() -> None:
    for work in (None, Work(1, 0, 0.0, 2.0)):
        assert past_runs.of_task(replace(DONE, work=work)) == PastRun(ENDED_MS, 60.0, 100, 3.0)


@pytest.mark.parametrize(
    "other",
    [
        {"status": "error"},
        {"status": "cancelled"},
        {"started_at": None, "attempt_started_at": None},
        {"completed_at": NOW, "work": None},
        {"control": {"action": "end"}},
    ],
)
def test_other_ends_say_nothing_of_the_next_run(other) -> None:
    assert past_runs.of_task(replace(DONE, **other)) is None


def test_a_run_has_waited_as_its_record_says() -> None:
    assert past_runs.of_task(replace(DONE, waited_ms=2_050)).waited == 2.05
    assert past_runs.of_task(replace(DONE, waited_ms=None)).waited is None


@given(tasks())
def test_whatever_run_is_kept_is_read_again(task) -> None:
    run = past_runs.of_task(task)
    if run is not None:
        assert past_runs.read(run.text.encode()) == run
        assert len(run.text) < 130  # nine of them in the bytes that are kept


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "null",
            "{}",
            "[]",
            "[1,2,3]",
            '["1",2,3,null]',
            "[1,0,3,null]",
            "[1,-2,3,null]",
        ),
        *("[1,2,-3,null]", "[1,2,3.5,null]", '[1,2,3,"4"]', "[1,2,3,null,true]", "[1,1e99,3,null]"),
        *("[1,2,3,null,NaN]", "[-1,2,3,null]", "[140737488355328,2,3,null]"),
    ],
)
def test_what_is_no_run_is_passed_over(text: str) -> None:
    assert past_runs.read(text.encode()) is None


def test_a_newer_versions_run_is_read_as_far_as_it_is_known() -> None:
    text = json.dumps([*json.loads(PastRun(5, 2.0, 3).text), "more"])
    assert past_runs.read(text.encode()) == PastRun(5, 2.0, 3)


def test_the_newest_runs_of_all_partitions_are_taken() -> None:
    runs = [PastRun(number, 1.0, 1) for number in (5, 3, 12, *range(20, 40, 2))]
    assert newest(runs) == tuple(PastRun(n, 1.0, 1) for n in range(20, 40, 2))
    assert len(newest(runs)) == KEPT
    assert newest([]) == ()


def test_an_old_rate_counts_only_where_there_is_no_run() -> None:
    old = past_runs.at_rate(4.0)
    assert newest([old, old]) == (PastRun(0, 0.25, 1),)
    assert newest([old, PastRun(5, 1.0, 1)]) == (PastRun(5, 1.0, 1),)
    assert past_runs.at_rate(None) is past_runs.at_rate(1e-30) is None


def test_the_likely_pace_is_the_middle_of_the_runs() -> None:
    assert history([]) == History()
    assert history([PastRun(1, 20.0, 10)]).pace == pytest.approx(2)
    # Whichever run was how often as slow as another.
    assert history([PastRun(1, 10.0, 10), PastRun(2, 160.0, 10)]).pace == pytest.approx(4)
    assert history([PastRun(1, 10.0, 0)]) == History(1, whole=pytest.approx(10))
    old = past_runs.at_rate(4.0)
    assert history([old]).whole is None  # it says nothing of a whole run


PAST = st.builds(
    PastRun,
    st.just(5),
    st.floats(0.001, 1e9),
    st.integers(0, 2**62),
    st.none(),
    st.tuples(*[st.none() | st.floats(-1e9, 1e9)] * 4),
)


@given(st.lists(PAST))
def test_a_pace_is_never_0_or_unbounded(runs) -> None:
    told = history(runs)
    assert told.pace is None or 0 < told.pace <= 1e9
    assert all(0 < band[0] <= band[1] < 1e4 for band in told.bands if band is not None)


def test_four_of_five_ends_are_within_a_band() -> None:
    """Student's t for the mean and the spread of these, and for one more of them."""
    runs = [PastRun(n, 10.0, 10, None, (miss, None, None, None)) for n, miss in enumerate(MISSES)]
    told = history(runs)
    half = 1.533 * stdev(MISSES) * sqrt(1 + 1 / 5)
    assert told.bands[1] == pytest.approx((exp(0.06 - half), exp(0.06 + half)), abs=1e-4)
    assert told.bands[0] == (1, 1)  # all of the same pace
    assert told.bands[2:] == (None, None, None)
    assert told.numbers == [5, 1, 1, *told.bands[1], 0, 0, 0, 0, 0, 0]


def test_three_runs_say_nothing_of_the_spread() -> None:
    told = history([PastRun(n, 10.0 * n, 10) for n in (1, 2, 3)])
    assert (told.runs, told.numbers) == (3, [3])
