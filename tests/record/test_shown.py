"""The place of a waiting task, and the range of its start."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from progress_backend.record import document, responses, shown, task_json
from progress_backend.record.model import Member, Task
from progress_backend.record.past_runs import KEPT, History, PastRun, history
from tests.strategies import NOW

WAITS = Task("t", "fetch_data", 252, created_at=NOW, updated_at=NOW, root_id="t", revision=1)
NOW_MS = round(NOW.timestamp() * 1000)


def start_of(task: Task, ahead: int, known: History) -> tuple[float, float, float] | None:
    """Seconds from the task's creation to its start: at least, most likely, at most."""
    record = shown.placed(task_json.stored_of(task), ahead, known)
    assert record.ahead == ahead
    if (found := record.start_estimate) is None:
        return None
    assert found.runs == known.runs
    times = map(datetime.fromisoformat, (found.earliest, found.likely, found.latest))
    earliest, likely, latest = ((time - task.created_at).total_seconds() for time in times)
    return earliest, likely, latest


def waiting_of(task: Task) -> shown.QueuedTask | None:
    stored = task_json.encode(task)
    return shown.waiting(document.read(stored), stored)


def runs(gaps: Sequence[float], waited: float, since: float = 0) -> list[PastRun]:
    """Runs of which the first ended at NOW and `since`, and each after it by a gap later."""
    ends = [since]
    for gap in gaps:
        ends.append(ends[-1] + gap)
    return [PastRun(NOW_MS + round(end * 1000), 5.0, 10, waited) for end in ends]


def test_a_published_task_without_an_eta_waits() -> None:
    found = shown.QueuedTask("fetch_data", "t", NOW_MS * 1000)
    assert waiting_of(WAITS) == waiting_of(replace(WAITS, root_id="another")) == found


@pytest.mark.parametrize(
    "other",
    [
        {"status": "running"},
        {"status": "paused"},
        {"status": "completed"},
        {"eta": NOW},
        {"member": Member(("w",), planned=True)},
        {"started_at": NOW},
        {"created_at": None},
        {"root_id": None},
        {"status": "running", "metadata": {"status": "created"}},
    ],
)
def test_others_do_not(other) -> None:
    assert waiting_of(replace(WAITS, **other)) is None


def test_a_message_that_expires_waits() -> None:
    task = replace(WAITS, expires=NOW + timedelta(hours=1))
    assert waiting_of(task) is not None


def test_where_nothing_waits_for_others_the_first_one_waits_as_they_did() -> None:
    known = history([PastRun(NOW_MS + 60_000 * n, 5.0, 10, 2.0 + n) for n in range(KEPT)])
    assert start_of(WAITS, 0, known) == (2, 6.5, 11)
    assert start_of(WAITS, 1, known) is None  # past runs show nothing of a queue


def test_in_a_queue_a_start_comes_with_each_end() -> None:
    """Half and twice the mean gap for each task before it, and one more."""
    # The last one ended 60 s before the creation, from which the next end is counted then.
    known = history(runs([2.0, 10.0] * 4 + [6.0], waited=30.0, since=-114))
    assert start_of(WAITS, 0, known) == (3, 6, 12)
    assert start_of(WAITS, 9, known) == (30, 60, 120)
    # Or 6 s after the creation.
    known = history(runs([6.0] * 9, waited=30.0, since=-48))
    assert start_of(WAITS, 9, known) == (36, 66, 126)


@pytest.mark.parametrize(
    "known",
    [
        History(),
        history(runs([6.0] * 2, waited=30.0)),
        history([PastRun(NOW_MS + n, 5.0, 10) for n in range(KEPT)]),
        history(runs([9e8] * 9, waited=9.5e8)),
    ],
    ids=["none", "too few", "of unknown waits", "years"],
)
def test_no_start_is_estimated_without_usable_history(known: History) -> None:
    assert start_of(WAITS, 0, known) is None


@pytest.mark.parametrize(("ahead", "has_one"), [(0, False), (9, True)])
def test_a_start_is_estimated_until_its_range_has_passed(ahead: int, has_one: bool) -> None:
    known = history(runs([60.0] * KEPT, 300.0, since=-3_600))
    record = shown.placed(task_json.stored_of(WAITS), ahead, known)
    assert record.start_estimate is not None
    responses.as_of(record, NOW + timedelta(seconds=240), "en")
    assert (record.start_estimate is not None, record.ahead) == (has_one, ahead)
