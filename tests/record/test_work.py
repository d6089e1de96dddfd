from math import exp, isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record.work import (
    MARKS,
    SMOOTHED_LEAST,
    Work,
    average,
    counted,
    marked,
    resumed,
    smoothed,
)
from tests.strategies import works

SECONDS_OF_WORK = st.floats(0, 1e6)


def after(values: list[tuple[int, float]]) -> tuple[Work, float | None]:
    """Work and rate after values of these items, each with its time."""
    work, rate = None, None
    for items, at in values:
        work, rate = counted(work, rate, items, at)
    assert work is not None
    return work, rate


def test_the_first_value_only_begins_the_count() -> None:
    assert after([(50, 600.0)]) == (Work(at=600.0), None)


def test_the_first_rate_is_the_average() -> None:
    assert after([(0, 5.0), (1, 6.0), (3, 7.0)]) == (Work(4, 2.0, 7.0, 1.0), 2)


def test_the_first_items_weigh_the_same() -> None:
    """Whatever each of them took."""
    work, rate = after([(0, 0.0), *((1, float(second)) for second in (8, 9, 10, 18, 19, 20))])
    assert rate == pytest.approx(work.items / work.seconds) == pytest.approx(6 / 20)


def test_a_change_of_pace_is_followed_within_the_smoothed_items() -> None:
    pace = 1 / 10
    for _ in range(int(SMOOTHED_LEAST)):
        pace = 1 / smoothed(1 / pace, 1, 1 / 20, counted=40)
    assert pace == pytest.approx(1 / 20 + (1 / 10 - 1 / 20) * exp(-1), rel=1e-4)


def test_later_in_a_run_more_items_are_smoothed_over() -> None:
    early, late = (smoothed(10.0, 10, 10.0, counted=done) for done in (100, 1_000))
    assert 1 < early < late < 10


def test_how_often_is_looked_does_not_matter() -> None:
    once = smoothed(10.0, 8, 2, counted=40)
    often = 10.0
    for _ in range(8):
        often = smoothed(often, 1, 0.25, counted=40)
    assert once == pytest.approx(often, rel=1e-4)


def test_time_without_items_counts_for_the_next_items() -> None:
    begun = [(0, 0.0), (1, 1.0), (1, 2.0)]
    assert after([*begun, (0, 2.5), (0, 4.0)]) == after(begun)
    often, once = (after([*begun, *more, (1, 5.0)]) for more in ([(0, 2.5), (0, 4.0)], []))
    assert often == once == (Work(3, 5.0, 5.0, 3.0), pytest.approx(3 / 5))


def test_a_count_that_goes_back_restarts_with_the_old_rate() -> None:
    begun = [(0, 0.0), (5, 1.0), (5, 2.0), (-10, 3.0)]
    assert after(begun) == (Work(at=3.0, gap=1.0), 5)
    assert after([*begun, (1, 4.0)])[1] == 5  # no two seconds of work yet
    assert after([*begun, (1, 4.0), (1, 5.0)])[1] == 1


def test_time_in_which_the_run_did_not_work_is_left_out() -> None:
    work, rate = after([(0, 0.0), (2, 1.0), (2, 2.0)])
    paused, same = counted(work, rate, 4, 60.0, working=False)
    assert (paused, same) == (Work(4, 2.0, 60.0, 1.0), rate)
    # Half a second of work since the last item was before the pause.
    assert resumed(work, 2.5, 60.0) == Work(4, 2.0, 59.5, 1.0)
    assert resumed(paused, 2.5, 90.0) == Work(4, 2.0, 90.0, 1.0)
    assert resumed(None, 2.5, 60.0) is None


def test_a_prediction_is_kept_at_each_mark_that_is_passed_with_a_rate() -> None:
    work = Work(24, 48.0, 50.0)
    assert marked(work, 0.5, 24, 100) is work
    assert marked(work, None, 25, 100) is work
    assert marked(work, 0.5, 25, None) is work
    first = marked(work, 0.5, 25, 100)
    assert first.predicted == (48.0, 150.0)
    assert marked(first, 0.5, 49, 100) is first
    later = marked(first._replace(seconds=90.0), 0.5, 60, 100)
    assert later.predicted == (48.0, 150.0, 90.0, 80.0)
    assert marked(later, 0.5, 100, 100) is later
    assert marked(work, 0.5, 60, 100).predicted == (48.0, 80.0) * len(MARKS)


def test_nothing_is_left_of_a_run_that_has_counted_more_than_all() -> None:
    assert marked(Work(30, 10.0, 10.0), 3.0, 40, 10).predicted == (10.0, 0) * len(MARKS)


def test_an_average_needs_items_and_time() -> None:
    assert average(10, 4) == 2.5
    assert average(0, 4) is None
    assert average(-1, 4) is None
    assert average(10, 0) is None
    assert Work(6, 2.0).average == 3


@given(
    st.none() | works,
    st.none() | st.floats(0, 1e19),
    st.integers(-10, 2**53),
    SECONDS_OF_WORK,
    st.booleans(),
)
def test_a_rate_is_never_negative_or_unbounded(work, rate, items, at, working) -> None:
    counts, later = counted(work, rate, items, at, working=working)
    assert later is None or (later >= 0 and isfinite(later))
    assert all(number >= 0 and isfinite(number) for number in (*counts[:4], *counts.predicted))
    assert later is None or counts.seconds > 0 or later == rate
