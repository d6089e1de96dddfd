"""When the open tasks of a type end."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec import structs

from progress_backend.record.fields import Body, Estimate
from progress_backend.record.local_time import moment
from progress_backend.record.model import Task
from progress_backend.record.open_tasks import TypeCounts, last_end, of_all
from progress_backend.record.past_runs import LEAST, PastRun
from progress_backend.record.task_json import stored_of
from tests.strategies import NOW

OPEN = TypeCounts(waiting=18, running=2, later=False, alone=False)
ALONE = OPEN._replace(alone=True)


def runs(waited: float = 60, count: int = 10, apart: float = 5, ago: float = 0) -> list[PastRun]:
    """Runs of ten seconds each, the last of which ended so long ago."""
    last = round((NOW.timestamp() - ago) * 1_000)
    ends = [last - round(apart * n * 1_000) for n in reversed(range(count))]
    return [PastRun(end, 10.0, 0, waited=waited) for end in ends]


def row(seconds: float | None, known: bool = True) -> Body:
    """A running task that is likely to end then, if that is known with a range."""
    likely = None if seconds is None else (NOW + timedelta(seconds=seconds)).isoformat()
    end = likely and Estimate(earliest=likely, likely=likely, latest=likely, runs=4)
    body = stored_of(Task("t", "x"))
    return structs.replace(body, estimated_completion=likely, estimate=end if known else None)


def ends_in(
    tasks: TypeCounts, past: list[PastRun], rows: Sequence[Body] = (), began: float = 600
) -> float | None:
    end = last_end(tasks, past, rows, NOW - timedelta(seconds=began), NOW)
    return None if end is None else (moment(end.likely) - NOW).total_seconds()


def test_a_full_queue_ends_at_the_pace_of_the_last_runs() -> None:
    for apart, seconds in ((5, 100), (1, 100), (8, 160)):  # not faster than two at a time can
        assert ends_in(OPEN, runs(apart=apart)) == pytest.approx(seconds, abs=0.01)


def test_newly_published_tasks_end_at_the_pace_of_those_that_run() -> None:
    assert ends_in(ALONE, runs(0, ago=86_400), began=2) == pytest.approx(98, abs=0.01)
    assert ends_in(OPEN, runs(0, ago=86_400), began=2) is None
    assert ends_in(ALONE._replace(waiting=0), runs(0, ago=86_400), began=2) is None


@pytest.mark.parametrize(
    ("tasks", "past"),
    [
        (ALONE, runs(count=LEAST - 1)),
        (ALONE, runs(ago=31)),  # no run has ended for three usual ones
        (ALONE._replace(running=0), runs()),
        (ALONE._replace(later=True), runs()),
        (ALONE._replace(waiting=0, running=50), runs(apart=0.2, ago=29)),  # its latest has passed
    ],
)
def test_nothing_is_estimated_where_it_would_be_a_guess(
    tasks: TypeCounts, past: list[PastRun]
) -> None:
    assert ends_in(tasks, past) is None


def test_tasks_with_a_rate_end_by_their_own_estimates() -> None:
    two, past = OPEN._replace(waiting=0), runs()
    assert ends_in(two, past, [row(900), row(30)]) == 900
    assert ends_in(two, past, [row(900)]) is None  # the other one was not read
    assert ends_in(two, past, [row(900), row(30, known=False)]) is None
    assert ends_in(two, past, [row(-9), row(-30)]) is None
    assert ends_in(OPEN, past, [row(900), row(None)]) == 900  # longer than the queue
    assert ends_in(OPEN, past, [row(30), row(None)]) == pytest.approx(100, abs=0.01)


def test_several_types_end_with_the_last_of_them() -> None:
    first, last = row(30).estimate, row(900).estimate
    assert first is not None
    assert last is not None
    assert of_all([last, structs.replace(first, earliest=None)]) == last
    assert of_all([]) is None
