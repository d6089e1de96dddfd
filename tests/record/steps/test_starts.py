"""What a start writes into a record, and how long the task waited for it."""

import pytest
from msgspec.structs import replace

from progress_backend.record import events as ev
from progress_backend.record.model import Member, Worker
from tests.record.steps.given import IDENTITY, OURS, after, at
from tests.strategies import NOW


def test_started_makes_a_missing_record() -> None:
    task = after(None, ev.Started(identity=IDENTITY, worker=OURS))
    assert (task.created_at, task.started_at, task.attempt) == (NOW, NOW, 1)
    assert (task.task_type, task.symbol, task.worker) == ("fetch_data", "7203.T", OURS)


def test_started_keeps_what_the_record_was_created_with(running) -> None:
    other = ev.Identity(task_type="other", symbol="other", total_items=99, parent_id="other")
    task = after(running, ev.Started(identity=other), seconds=5)
    assert (task.task_type, task.symbol, task.total_items) == ("fetch_data", "7203.T", 10)
    assert task.parent_id == "parent"


def test_started_again_begins_from_nothing_but_the_first_start(running) -> None:
    task = after(
        running,
        ev.Progressed(current=5, details={"a": 1}, results={"b": 2}),
        ev.Failed(error_message="why"),
        seconds=3,
    )
    task = after(task, ev.Started(identity=IDENTITY, retries=2, redelivered=True), seconds=9)
    assert (task.current_items, task.results, task.processing_details) == (0, {}, {})
    assert (task.error_message, task.error_cause, task.completed_at) == (None, None, None)
    assert (task.rate, task.attempt, task.retries) == (None, 2, 2)
    assert task.started_at == NOW


@pytest.mark.parametrize("worker", [OURS, None])
def test_a_start_that_is_sent_again_counts_once(worker: Worker | None) -> None:
    """Redis took it, and its reply was lost; of an eager run without a worker too."""
    start = ev.Started(identity=IDENTITY, worker=worker, at=NOW)
    task = after(None, start, seconds=1)
    assert after(task, start, seconds=5) is task
    another = start.replace(worker=OURS._replace(task="7"))
    assert after(task, another, seconds=5).attempt == 2
    retry = ev.Retried(retries=1, at=NOW), start.replace(retries=1)
    assert after(task, *retry, seconds=5).attempt == 2
    # Not a start of a record that waits, or has ended, since the same millisecond.
    assert after(replace(task, status="created"), start, seconds=5).status == "running"


CREATED = ev.Created(identity=IDENTITY)
STARTED = ev.Started(identity=IDENTITY, worker=OURS)
STEP = IDENTITY._replace(member=Member(("w",)))


@pytest.mark.parametrize(
    ("happened", "waited_ms"),
    [
        (((CREATED, 0),), None),
        (((CREATED, 0), (STARTED, 2.5)), 2_500),
        # A caller's first value is a start.
        (((CREATED, 0), (ev.Progressed(current=1), 3)), 3_000),
        # From its ETA on, by a clock that may be behind.
        (((CREATED.replace(eta=at(60)), 0), (STARTED, 62)), 2_000),
        (((CREATED.replace(eta=at(60)), 0), (STARTED, 59)), 0),
        # A step waits from when its message has left.
        (((ev.Planned(identity=STEP), 0), (ev.Created(identity=STEP), 30), (STARTED, 34)), 4_000),
        # Only the first start counts, and each publish.
        (((CREATED, 0), (STARTED, 1), (ev.Retried(retries=1), 60), (STARTED, 60)), 1_000),
        (((CREATED, 0), (STARTED, 5), (ev.Completed(), 5), (CREATED, 100)), None),
        (((CREATED, 0), (STARTED, 5), (ev.Completed(), 5), (CREATED, 100), (STARTED, 107)), 7_000),
        # It is not known of a record that the start made.
        (((STARTED, 0),), None),
    ],
)
def test_how_long_a_task_waited_for_its_first_start(happened, waited_ms) -> None:
    task = None
    for event, second in happened:
        task = after(task, event, seconds=second)
    assert task.waited_ms == waited_ms
