import pytest
from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded, WorkerLostError
from celery.exceptions import Reject
from hypothesis import given

from progress_backend.record.failures import cause_of, described
from tests.strategies import Opaque, values


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ValueError("bad symbol"), "ValueError: bad symbol"),
        (ValueError(), "ValueError"),
        (ValueError("two\n  lines\t"), "ValueError: two lines"),
        (KeyError("x"), "KeyError: 'x'"),
        (Broken(), "Broken"),
        (Reject("broken\nrow"), "Reject: broken row"),
        (Reject(ValueError("bad")), "Reject: ValueError: bad"),
        (Reject(Broken()), "Reject: Broken"),
        ("a text\nalone", "a text alone"),
        (Opaque(), "Opaque"),
        (None, "None"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_in_one_line(failure, expected) -> None:
    assert described(failure) == expected


@given(values)
def test_one_bounded_line_whatever_it_is(value) -> None:
    for failure in (value, ValueError(value)):
        line = described(failure)
        assert 0 < len(line) <= 2_000
        assert len(line.splitlines()) == 1


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (ValueError(), "exception"),
        (WorkerLostError(), "worker_lost"),
        (TimeLimitExceeded(), "time_limit"),
        (SoftTimeLimitExceeded(), "time_limit"),
        (Reject(), "rejected"),
        ("text", "exception"),
    ],
)
def test_the_cause(failure, cause) -> None:
    assert cause_of(failure) == cause
