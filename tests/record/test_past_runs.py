import json
from datetime import timedelta
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from progress_backend.record import past_runs
from progress_backend.record.model import Task, replace
from progress_backend.record.past_runs import KEPT, History, PastRun, history, newest
from progress_backend.record.work import Work
from tests.strategies import NOW, tasks

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
    work=Work(90, 45.0, 50.0, 2.0, predicted=(5.0, 20.0, 10.0, 40.0)),
)
ENDED_MS = round(NOW.timestamp() * 1000) + 60_000


def test_a_run_has_its_work_and_what_became_of_its_predictions() -> None:
    # 40 s of 20 that were predicted, and 35 of 40.
    assert past_runs.of_task(DONE) == PastRun(ENDED_MS, 45.0, 90, 3.0, 0.6931, -0.1335, 60.0, 10.0)


def test_a_run_has_its_longest_gap_up_to_its_end() -> None:
    assert DONE.work is not None
    for gap, kept in ((12.5, 12.5), (2.0, 10.0)):
        assert past_runs.of_task(replace(DONE, work=DONE.work._replace(gap=gap))).gap == kept


def test_a_run_without_values_took_its_whole_time() -> None:
    for work in (None, Work(at=2.0)):
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
        *("", "x", "null", "{}", "[]", "[1,2]", '["1",2,3,null]', "[1,0,3,null]"),
        *("[1,-2,3,null]", "[1,2,-3,null]", "[1,2,3.5,null]", '[1,2,3,"4"]'),
        *("[1,2,3,null,true]", "[1,1e99,3,null]", "[1,2,3,null,NaN]", "[0,2,3,null]"),
        *("[-1,2,3,null]", "[140737488355328,2,3,null]"),
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


def test_each_run_counts_as_much_as_all_before_it() -> None:
    assert history([]) == History()
    assert history([PastRun(1, 20.0, 10)]).pace == (pytest.approx(2), None)
    # ln 1 and ln 16, then ln 16: 4 is in the middle of 1 and 16, and 8 in that of 4 and 16.
    slower = [PastRun(1, 10.0, 10), PastRun(2, 160.0, 10)]
    assert history(slower).pace.seconds == pytest.approx(4)
    assert history([*slower, PastRun(3, 160.0, 10)]).pace.seconds == pytest.approx(8)
    run = PastRun(1, 10.0, 0)
    assert history([run]) == History(1, whole=(pytest.approx(10), None), past=(run,))


def test_the_range_of_steady_runs_has_the_spread_of_one_more() -> None:
    """1.45 · √(0.25² / 4 · (1 + 1/4)) = 0.20263; after ten runs 1.45 · √(0.25² / 10 · 1.1)."""
    four = history([PastRun(n, 10.0, 10, None, 0.0, 0.0) for n in range(1, 5)])
    assert four.pace.band == four.whole.band == (0.8166, 1.2246)
    assert four.bands == ((0.8166, 1.2246),) * 2
    assert four.numbers == (4, 0.8166, 1.2246, 0.8166, 1.2246)
    ten = history([PastRun(n, 10.0, 10, None, 0.0) for n in range(1, 11)])
    by = 1.45 * sqrt(0.0625 / 10 * 1.1)
    assert ten.bands[0] == (round(exp(-by), 4), round(exp(by), 4)) == (0.8867, 1.1278)


def test_misses_move_their_range_and_paces_only_widen_it() -> None:
    """Mean 0.1, squares 0.24 in all: 1.45 · √((0.0625 + 0.24) / 4 · 1.25) = 0.4458."""
    misses = (-0.1, -0.1, 0.1, 0.5)
    runs = [PastRun(n, 10 * exp(m), 10, None, m) for n, m in enumerate(misses, 1)]
    known = history(runs)
    assert known.bands == (pytest.approx((exp(0.1 - 0.4458), exp(0.1 + 0.4458)), abs=2e-4), None)
    assert known.pace.band == pytest.approx((exp(-0.4458), exp(0.4458)), abs=2e-4)
    # -0.1, -0.1, (-0.1 + 0.1) / 2 = 0, (0 + 0.5) / 2 = 0.25
    assert log(known.pace.seconds) == pytest.approx(0.25)


def test_four_waits_give_their_least_median_and_most() -> None:
    runs = [PastRun(10_000 * n, 1.0, 1, float(n)) for n in (4, 1, 2, 9)]
    assert history(runs).waits == (1, 3, 9)
    assert history(runs[:3]).waits is None


def test_a_queue_is_where_more_than_four_waited_longer_than_the_gaps() -> None:
    runs = [PastRun(1_000_000 + 6_000 * n, 5.0, 10, 6.0) for n in range(5)]
    assert history(runs).queue == (1_024_000, 6.0)
    assert history(runs[:4]).queue is None
    assert history([structs.replace(run, waited=5.9) for run in runs]).queue is None
    assert history([structs.replace(run, ended_ms=5) for run in runs]).queue is None


PAST = st.builds(
    PastRun,
    st.integers(1, 2**40),
    st.floats(0.001, 1e9),
    st.integers(0, 2**62),
    st.none() | st.floats(0, 1e9),
    *[st.none() | st.floats(-1e9, 1e9)] * 2,
)


@given(st.lists(PAST, max_size=KEPT))
def test_a_pace_is_never_0_or_unbounded_nor_without_its_range(runs) -> None:
    known = history(runs)
    for likely in (known.pace, known.whole):
        assert likely is None or 0 < likely.seconds <= 1e9
        assert likely is None or likely.band is None or likely.band[0] <= 1 <= likely.band[1]
    assert all(0 < band[0] <= band[1] < 1e4 for band in known.bands if band is not None)
    if len(runs) < past_runs.LEAST:
        assert known.numbers == (len(runs),)
        assert known.whole is None or known.whole.band is None
