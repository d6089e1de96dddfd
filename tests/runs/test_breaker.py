from __future__ import annotations

import pytest

from progress_backend.runs.breaker import Breaker
from tests.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(5.0, clock)


def test_it_is_closed_at_first(breaker: Breaker) -> None:
    assert not breaker.open
    assert breaker.remaining_s == 0


def test_it_is_open_for_its_rest_after_a_failure(breaker: Breaker, clock: Clock) -> None:
    breaker.failed()
    assert breaker.open
    assert breaker.remaining_s == 5
    clock.time += 4.9
    assert breaker.open
    clock.time += 0.1
    assert not breaker.open
    assert breaker.remaining_s == 0


def test_each_failure_begins_the_rest_anew(breaker: Breaker, clock: Clock) -> None:
    breaker.failed()
    clock.time += 5
    breaker.failed()
    assert breaker.open


def test_success_closes_it(breaker: Breaker) -> None:
    breaker.failed()
    breaker.succeeded()
    assert not breaker.open


def test_only_the_first_failure_and_the_first_success_after_it_are_news(
    breaker: Breaker, clock: Clock
) -> None:
    assert not breaker.succeeded()
    assert [breaker.failed(), breaker.failed()] == [True, False]
    clock.time += 60
    assert not breaker.failed()
    assert [breaker.succeeded(), breaker.succeeded()] == [True, False]
    assert breaker.failed()
