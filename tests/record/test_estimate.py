from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import estimate
from progress_backend.record.fields import Estimate
from progress_backend.record.local_time import moment, optional_moment
from progress_backend.record.model import Task, rendered, replace
from progress_backend.record.past_runs import History, Likely, PastRun, history
from progress_backend.record.shown import ending, with_history
from progress_backend.record.task_json import stored_of
from progress_backend.record.work import Work
from tests.strategies import NOW, tasks


def task(**values: object) -> Task:
    given = {"status": "running", "total_items": 252, "updated_at": NOW, "rate": 10.0}
    return Task("t", "x", **{**given, **values})


def completion(some: Task) -> datetime | None:
    return optional_moment(estimated(some)[0])


def estimated(some: Task) -> tuple[str | None, Estimate | None]:
    return estimate.estimated_end(some, estimate.remaining_seconds(some))


def test_the_specifications_estimate() -> None:
    halfway = task(current_items=152)
    assert estimate.remaining_seconds(halfway) == 10
    assert completion(halfway) == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    "unknown",
    [
        {"rate": None},
        {"rate": 0.0},
        {"rate": 1e-300},
        {"total_items": None},
        {"total_items": 0},
        {"total_items": 2**53, "rate": 0.001},
        {"status": "created"},
        {"status": "completed"},
    ],
)
def test_what_is_unknown_is_none(unknown) -> None:
    assert estimate.remaining_seconds(task(**unknown)) is None
    assert completion(task(**unknown)) is None


def test_more_than_all_is_no_time_left() -> None:
    assert estimate.remaining_seconds(task(current_items=300)) == 0


def test_a_value_without_new_items_does_not_move_the_end_within_an_item() -> None:
    """But the end moves on once the item takes longer than usual."""
    began = NOW - timedelta(seconds=104)
    counted = task(current_items=52, rate=0.5, work=Work(52, 104.0, 104.0), started_at=began)
    end = completion(counted)
    for passed_s, moved_s in ((1.5, 0), (2.0, 0), (7.0, 5)):
        later = replace(counted, updated_at=NOW + timedelta(seconds=passed_s))
        assert completion(later) == end + timedelta(seconds=moved_s)


def test_a_pause_keeps_the_time_that_is_left_without_an_end() -> None:
    paused = replace(HALFWAY, status="paused")
    assert estimate.remaining_seconds(paused) == estimate.remaining_seconds(HALFWAY) == 10
    assert completion(paused) is None
    assert estimate.estimated_end(paused, 10.0) == (None, None)


#: Four past runs, and what they say at each mark.
USUAL = (4, 0.8, 1.2, 1.1, 1.3)
HALFWAY = task(total_items=200, current_items=100, work=Work(100, 10.0, 10.0), usual=USUAL)


def ranged(**values: object) -> tuple[float | None, float, float | None] | None:
    """The seconds until the earliest, the likely and the latest end."""
    _, found = estimated(replace(HALFWAY, **values))
    if found is None:
        return None
    assert found.runs == 4
    earliest, likely, latest = (
        None if text is None else round((moment(text) - NOW).total_seconds(), 3)
        for text in (found.earliest, found.likely, found.latest)
    )
    assert likely is not None
    return earliest, likely, latest


@pytest.mark.parametrize(
    ("marks", "expected"), [(0, (8, 10, 12)), (1, (8, 10, 12)), (2, (10, 10, 13))]
)
def test_a_range_is_that_of_the_last_mark_with_enough_runs(marks, expected) -> None:
    """The likely end is in it, whatever past runs have done."""
    work = HALFWAY.work._replace(predicted=(1.0, 5.0) * marks)
    assert ranged(work=work) == pytest.approx(expected)
    if marks == 2:  # too few runs have a time at the half
        assert ranged(work=work, usual=(4, 0.8, 1.2, 0, 0)) == pytest.approx((8, 10, 12))


def test_a_range_that_is_too_wide_has_no_earliest_end() -> None:
    assert ranged(usual=(4, 0.25, 2.5, 0, 0)) == (2.5, 10, 25)
    assert ranged(usual=(4, 0.25, 2.6, 0, 0)) == (None, 10, 26)


@pytest.mark.parametrize(
    "unknown",
    [
        *({"usual": None}, {"usual": ()}, {"usual": (3,)}, {"usual": (4, 0, 0, 0, 0)}),
        *(
            {"usual": (4, 0.5)},
            {"usual": (4, 0, 0, 0.5, 1.5)},
            {"status": "paused"},
            {"status": "completed"},
            {"rate": None},
        ),
        *({"total_items": None}, {"updated_at": None}, {"work": None}),
        {"rate": 1e-5, "usual": (4, 0.9, 1e4, 0, 0)},
    ],
)
def test_without_enough_runs_or_a_likely_end_there_is_no_range(unknown) -> None:
    assert ranged(**unknown) is None


@given(tasks())
def test_a_range_is_around_the_likely_end(some) -> None:
    likely, found = estimated(some)
    if found is not None:
        assert found.likely == likely
        earliest, likely, latest = map(
            moment, (found.earliest or found.likely, found.likely, found.latest)
        )
        assert some.updated_at <= earliest <= likely <= latest


def test_a_first_estimate_comes_from_the_pace_of_the_types_runs() -> None:
    earliest, expected, latest = (rendered(NOW + timedelta(seconds=s)) for s in (8, 10, 12))
    likely, found = ending(NOW, 100, Likely(0.1, (0.8, 1.2)), 4)
    assert likely == expected
    assert found == Estimate(earliest=earliest, likely=likely, latest=latest, runs=4)
    assert ending(NOW, 100, Likely(0.1), 3) == (likely, None)


def of_history(done: int, after_s: float, history: History) -> str | None:
    """What is estimated of a run without a rate that has done so many of 200 items by then."""
    run = task(
        rate=None, total_items=200, current_items=done, started_at=NOW - timedelta(seconds=after_s)
    )
    return with_history(stored_of(run), history).estimated_completion


def test_a_pace_of_past_runs_that_the_run_itself_refutes_is_not_shown() -> None:
    """An item has taken it more than four times as long."""
    past = history([PastRun(number, 0.016, 200) for number in range(1, 3)])
    assert of_history(20, 1.0, past) is None
    assert of_history(0, 1.0, past) is not None  # nothing is refuted yet
    usual = history([PastRun(number, 2.0, 200) for number in range(1, 3)])  # 0.01 s an item
    assert of_history(20, 0.8, usual) is not None
    assert of_history(20, 0.81, usual) is None
    # A run that is faster than its type's is no reason to hide their pace.
    assert of_history(20, 0.001, usual) is not None


@pytest.mark.parametrize(
    ("total", "pace"), [(0, Likely(10.0)), (-5, Likely(10.0)), (5, None), (5, Likely(1e300))]
)
def test_no_first_estimate_without_both(total, pace) -> None:
    assert ending(NOW, total, pace, 4) == (None, None)


def test_more_than_a_year_away_is_no_estimate() -> None:
    year = 366 * 86_400
    assert estimate.remaining_seconds(task(total_items=year, rate=1.0)) == year
    assert estimate.remaining_seconds(task(total_items=year + 1, rate=1.0)) is None
    assert ending(NOW, year, Likely(1.0), 1)[0] == rendered(NOW + timedelta(days=366))
    assert ending(NOW, year + 1, Likely(1.0), 1)[0] is None


def test_texts_are_the_specifications() -> None:
    assert estimate.rate_text(10.0) == "10 items/sec"
    assert estimate.rate_text(2.54) == "2.5 items/sec"
    assert estimate.seconds_text(10.2) == "10 seconds"
    assert estimate.seconds_text(0.0) == "0 seconds"
    assert estimate.seconds_text(1.04) == "1 second"
    assert estimate.seconds_text(1.5) == "1.5 seconds"


@given(st.floats(0, 1e15))
def test_texts_are_plain_numbers(number) -> None:
    assert "e" not in estimate.rate_text(number).removesuffix(" items/sec")
