from __future__ import annotations

from datetime import timedelta
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import estimate
from progress_backend.record.model import Task
from tests.strategies import NOW

SECONDS = st.floats(0, 1e6)
ITEMS = st.integers(-10, 2**53)


def task(**values: object) -> Task:
    given = {"status": "running", "total_items": 252, "updated_at": NOW, "rate": 10.0}
    return Task("t", "x", **{**given, **values})


def test_the_first_step_gives_the_rate() -> None:
    assert estimate.smoothed(None, 50, 5) == 10


def test_a_start_that_stood_still_counts() -> None:
    # Ten looks at 0 of 3, and then the first of them.
    assert estimate.smoothed(None, 1, 0.3, elapsed=3) == pytest.approx(1 / 3)
    assert estimate.smoothed(None, 1, 0.3, elapsed=3_600) == pytest.approx(1 / 10)


def test_a_steady_job_keeps_its_rate() -> None:
    rate = None
    for _ in range(100):
        rate = estimate.smoothed(rate, 10, 1)
    assert rate == pytest.approx(10)


def test_a_change_of_pace_is_followed_within_the_smoothing_time() -> None:
    rate = 10.0
    for _ in range(int(estimate.SMOOTHING_S)):
        rate = estimate.smoothed(rate, 20, 1)
    assert rate == pytest.approx(10 + 10 * (1 - 2.718281828**-1), rel=1e-6)


def test_how_often_is_looked_does_not_matter() -> None:
    once = estimate.smoothed(10.0, 40, 2)
    often: float | None = 10.0
    for _ in range(8):
        often = estimate.smoothed(often, 5, 0.25)
    assert once == pytest.approx(often)


@pytest.mark.parametrize(("items", "seconds"), [(5, 0), (5, 0.0001), (-3, 1), (-3, 0)])
def test_what_says_nothing_leaves_the_rate(items, seconds) -> None:
    assert estimate.smoothed(None, items, seconds) is None
    assert estimate.smoothed(7.0, items, seconds) == 7.0


def test_standing_still_is_no_rate_but_slows_one() -> None:
    assert estimate.smoothed(None, 0, 60) is None
    assert 0 < estimate.smoothed(10.0, 0, 5) < 10


@given(st.none() | st.floats(0, 1e19), ITEMS, SECONDS)
def test_a_rate_is_never_negative_or_unbounded(rate, items, seconds) -> None:
    after = estimate.smoothed(rate, items, seconds)
    assert after is None or (after >= 0 and isfinite(after))


def test_the_specifications_estimate() -> None:
    halfway = task(current_items=152)
    assert estimate.remaining_seconds(halfway) == 10
    assert estimate.estimated_completion(halfway) == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    "unknown",
    [
        {"rate": None},
        {"rate": 0.0},
        {"rate": 1e-300},
        {"total_items": None},
        {"total_items": 0},
        {"total_items": 2**53, "rate": 0.001},
        {"status": "paused"},
        {"status": "created"},
        {"status": "completed"},
    ],
)
def test_what_is_unknown_is_none(unknown) -> None:
    assert estimate.remaining_seconds(task(**unknown)) is None
    assert estimate.estimated_completion(task(**unknown)) is None


def test_more_than_all_is_no_time_left() -> None:
    assert estimate.remaining_seconds(task(current_items=300)) == 0


def test_a_first_estimate_comes_from_the_types_last_rate() -> None:
    assert estimate.first_estimate(NOW, 100, 10.0) == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("total", "rate"), [(None, 10.0), (0, 10.0), (5, None), (5, 0.0), (5, -1.0), (5, 5e-324)]
)
def test_no_first_estimate_without_both(total, rate) -> None:
    assert estimate.first_estimate(NOW, total, rate) is None


def test_more_than_a_year_away_is_no_estimate() -> None:
    year = 366 * 86_400
    assert estimate.remaining_seconds(task(total_items=year, rate=1.0)) == year
    assert estimate.remaining_seconds(task(total_items=year + 1, rate=1.0)) is None
    assert estimate.first_estimate(NOW, year, 1.0) == NOW + timedelta(days=366)
    assert estimate.first_estimate(NOW, year + 1, 1.0) is None


def test_texts_are_the_specifications() -> None:
    assert estimate.rate_text(10.0) == "10 items/sec"
    assert estimate.rate_text(2.54) == "2.5 items/sec"
    assert estimate.rate_text(None) is None
    assert estimate.seconds_text(10.2) == "10 seconds"
    assert estimate.seconds_text(0.0) == "0 seconds"
    assert estimate.seconds_text(1.04) == "1 second"
    assert estimate.seconds_text(1.5) == "1.5 seconds"
    assert estimate.seconds_text(None) is None


@given(st.floats(0, 1e15))
def test_texts_are_plain_numbers(number) -> None:
    assert "e" not in estimate.rate_text(number).removesuffix(" items/sec")
