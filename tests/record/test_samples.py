"""Samples of a run: few however long it takes, and stored in widening steps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record.samples import MOST_POINTS, Samples, points_of, thinned


def kept(seconds: list[float]) -> tuple[list[tuple[int, int]], int]:
    """The points after values at these times, and how often they were stored."""
    samples, stored = Samples(), 0
    for number, at in enumerate(seconds):
        samples.add(int(at * 1000), number)
        stored += samples.ready
        samples.ready = False
    return points_of(samples.text()), stored


@pytest.mark.parametrize(("seconds", "most"), [(3_600, 27), (86_400, 41)])
def test_a_long_run_is_stored_seldom_and_evenly(seconds: int, most: int) -> None:
    points, stored = kept(list(map(float, range(seconds))))
    assert stored <= most
    assert MOST_POINTS / 2 - 1 <= len(points) < MOST_POINTS
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(points)]
    assert max(gaps) <= 2 * min(gaps) <= 4 * seconds * 1000 / MOST_POINTS
    assert points[-1][0] >= seconds * 1000 * 0.9


@given(st.lists(st.floats(0, 10**6), max_size=300))
def test_there_are_never_more_than_64_and_they_are_in_order(seconds: list[float]) -> None:
    points, _ = kept(seconds)
    assert len(points) < MOST_POINTS
    assert points == sorted(points)


@pytest.mark.parametrize("stored", [b"", b"x", b"1:2:3", b"1", b"\xff", b"1:2 3"])
def test_what_another_program_has_written_is_no_sample(stored: bytes) -> None:
    assert points_of(stored) == []


@given(st.dictionaries(st.integers(1, 8), st.integers(0, MOST_POINTS - 1)))
def test_of_several_attempts_there_are_64_points_in_all(lengths: dict[int, int]) -> None:
    found = thinned({of: [(n, n) for n in range(length)] for of, length in lengths.items()})
    assert [each["attempt"] for each in found] == sorted(of for of in lengths if lengths[of])
    assert sum(len(each["points"]) for each in found) <= MOST_POINTS
    for each in found:
        last = lengths[each["attempt"]] - 1
        assert each["points"][-1] == [last, last]
