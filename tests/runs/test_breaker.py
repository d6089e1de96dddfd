import pytest

from progress_backend.runs.breaker import Breaker, JobsBreaker
from tests.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


def test_it_is_open_for_its_rest_after_each_failure(clock: Clock) -> None:
    breaker = Breaker(5.0, clock)
    assert (breaker.open, breaker.remaining_s) == (False, 0)
    for _ in range(2):
        breaker.failed()
        assert (breaker.open, breaker.remaining_s) == (True, 5)
        clock.time += 4.9
        assert breaker.open
        clock.time += 0.1
        assert (breaker.open, breaker.remaining_s) == (False, 0)


def test_only_the_first_failure_and_the_first_success_after_it_are_news(clock: Clock) -> None:
    breaker = Breaker(5.0, clock)
    assert not breaker.succeeded()
    assert [breaker.failed(), breaker.failed()] == [True, False]
    clock.time += 60
    assert not breaker.failed()
    assert [breaker.succeeded(), breaker.succeeded()] == [True, False]
    assert not breaker.open
    assert breaker.failed()


@pytest.fixture
def jobs(clock: Clock) -> JobsBreaker:
    return JobsBreaker(0.05, 10.0, clock)


def test_after_a_late_reply_the_next_call_waits_for_the_rest_of_a_short_time(
    jobs: JobsBreaker, clock: Clock
) -> None:
    assert jobs.late()
    assert (jobs.open, jobs.wait_s) == (False, pytest.approx(0.05))
    clock.time += 0.03
    assert (jobs.open, jobs.in_doubt, jobs.wait_s) == (False, True, pytest.approx(0.02))
    clock.time += 0.02
    assert (jobs.open, jobs.in_doubt) == (True, False), "no reply to anybody since then"
    jobs.succeeded()
    assert (jobs.open, jobs.in_doubt) == (False, False)
    assert jobs.late(), "not in a row"


def test_two_late_replies_in_a_row_or_a_failure_open_it(jobs: JobsBreaker) -> None:
    assert [jobs.late(), jobs.late()] == [True, False]
    jobs.failed()  # as after each call that is no first late one
    assert jobs.open
    jobs.succeeded()
    jobs.failed()
    assert jobs.open


def test_tries_of_another_thread_keep_it_open(jobs: JobsBreaker, clock: Clock) -> None:
    jobs.failed()
    for _ in range(5):
        clock.time += 6  # its longest wait, and its rest
        assert jobs.open
        jobs.failed()
    clock.time += 10
    assert not jobs.open, "that thread does not run"
    assert jobs.wait_s == 0.05
