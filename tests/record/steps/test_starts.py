"""What a start writes into a record, and how long the task waited for it."""

from __future__ import annotations

from progress_backend.record import events as ev
from progress_backend.record.model import Member
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


def test_a_start_that_is_sent_again_counts_once() -> None:
    """Redis took it, and its reply was lost."""
    start = ev.Started(identity=IDENTITY, worker=OURS, at=NOW)
    task = after(None, start, seconds=1)
    assert after(task, start, seconds=5) is task
    another = ev.Started(identity=IDENTITY, worker=OURS._replace(task="7"), at=NOW)
    assert after(task, another, seconds=5).attempt == 2


class TestWaited:
    """How long a task waited for its first start."""

    CREATED = ev.Created(identity=IDENTITY)
    STARTED = ev.Started(identity=IDENTITY, worker=OURS)

    def test_it_counts_from_the_creation(self) -> None:
        waits = after(None, self.CREATED)
        assert waits.waited_ms is None
        assert after(waits, self.STARTED, seconds=2.5).waited_ms == 2_500

    def test_a_callers_first_value_is_a_start(self) -> None:
        waits = after(None, self.CREATED)
        assert after(waits, ev.Progressed(current=1), seconds=3).waited_ms == 3_000

    def test_it_counts_from_the_eta(self) -> None:
        waits = after(None, ev.Created(identity=IDENTITY, eta=at(60)))
        assert after(waits, self.STARTED, seconds=62).waited_ms == 2_000
        assert after(waits, self.STARTED, seconds=59).waited_ms == 0  # that clock is behind

    def test_a_step_counts_from_when_its_message_left(self) -> None:
        step = IDENTITY._replace(member=Member(("w",)))
        planned = after(None, ev.Planned(identity=step))
        left = after(planned, ev.Created(identity=step), seconds=30)
        assert after(left, self.STARTED, seconds=34).waited_ms == 4_000

    def test_only_the_first_start_counts(self) -> None:
        begun = after(after(None, self.CREATED), self.STARTED, seconds=1)
        again = after(begun, ev.Retried(retries=1), self.STARTED, seconds=60)
        assert (again.attempt, again.waited_ms) == (2, 1_000)

    def test_a_new_publish_waits_anew(self) -> None:
        done = after(after(None, self.CREATED), self.STARTED, ev.Completed(), seconds=5)
        again = after(done, self.CREATED, seconds=100)
        assert again.waited_ms is None
        assert after(again, self.STARTED, seconds=107).waited_ms == 7_000

    def test_it_is_not_known_of_a_record_that_the_start_made(self) -> None:
        assert after(None, self.STARTED).waited_ms is None
