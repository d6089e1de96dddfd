"""How far Redis's clock is ahead, from replies to TIME."""

import time

import pytest

from progress_backend.store import drivers
from progress_backend.store.drivers import RedisClock
from tests.clocks import Clock


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """This machine's monotonic clock, which stands still."""
    clock = Clock(100.0)
    monkeypatch.setattr(drivers, "monotonic", clock)
    return clock


def test_half_the_round_trip_is_allowed_for(monotonic: Clock) -> None:
    clock, sent = RedisClock(), monotonic.time
    monotonic.time += 0.08
    assert clock.measured(sent, [b"5000", b"250000"])
    assert clock.seconds() == pytest.approx(5_000.29)
    monotonic.time += 10
    assert clock.seconds() == pytest.approx(5_010.29)


def test_a_long_round_trip_is_kept_until_a_better_one(monotonic: Clock) -> None:
    clock, sent = RedisClock(), monotonic.time
    monotonic.time += 3
    assert not clock.measured(sent, ["5000", "0"])
    assert clock.seconds() == pytest.approx(5_001.5)
    assert clock.measured(monotonic.time, ["5003", "0"])
    assert clock.seconds() == pytest.approx(5_003)


def test_an_offset_that_a_later_reply_allows_stays(monotonic: Clock) -> None:
    """A long round trip would else set the times of records back, then ahead again."""
    clock, seen = RedisClock(), list[float]()
    for took, micros in ((0.0, 0), (0.08, 79_000), (0.08, 1_000), (0.0, 0)):
        sent, true = monotonic.time, monotonic.time + 4_900
        monotonic.time += took
        clock.measured(sent, [str(int(true)), str(round(true % 1 * 1e6) + micros)])
        seen.append(clock.seconds() - monotonic.time)
    assert seen == [pytest.approx(4_900)] * 4


def test_it_is_unknown_before_the_first_reply_and_after_a_minute(monotonic: Clock) -> None:
    clock = RedisClock()
    assert clock.unknown
    assert clock.seconds() == pytest.approx(time.time(), abs=5)
    clock.measured(monotonic.time, ["5000", "0"])
    monotonic.time += 59
    assert not clock.unknown
    monotonic.time += 2
    assert clock.unknown
