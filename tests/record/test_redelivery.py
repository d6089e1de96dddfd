"""Whether a run's message may come again, until when, and which ends it may take back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from progress_backend.record import events as ev
from progress_backend.record import redelivery, timeline
from progress_backend.record.default_texts import in_language
from progress_backend.record.model import LOST, NOT_PUBLISHED, Task, Worker
from progress_backend.record.redelivery import left_s
from progress_backend.record.transition import transition
from tests.strategies import NOW

LEASE_S, VISIBILITY_S = 30.0, 3_600.0
IDENTITY = ev.Identity(task_type="fetch_data")
EARLY, LATE = None, VISIBILITY_S
WORKER = Worker("lease", "w@tests")
STAYS = ("exception", "time_limit", "worker_lost", "unknown_task", "reported")


def final(task: Task, now: datetime) -> bool:
    return left_s(task.ended, task.again_until, now) == 0


@pytest.mark.parametrize(
    ("transport", "options", "seconds"),
    [
        ("redis", {}, 3_600),
        ("rediss", {"visibility_timeout": 43_200}, 43_200),
        ("sentinel", {"visibility_timeout": 2.5}, 2.5),
        *(("redis", {"visibility_timeout": odd}, 3_600) for odd in ("soon", -1, float("inf"))),
        ("SQS", {}, 1_800),
        ("sqs", {"visibility_timeout": "7200"}, 7_200),  # as kombu reads it
        ("sqs", {"sqs-creation-attributes": {"VisibilityTimeout": "900"}}, 900),
        ("sqs", {"sqs-creation-attributes": {"DelaySeconds": "1"}, "visibility_timeout": 5}, 5),
        ("pgmq", {}, 1_800),
        ("azureservicebus", {"peek_lock_seconds": 300}, 300),
        ("azurestoragequeues", {"visibility_timeout": 7}, 30),
        ("gcpubsub", {"ack_deadline_seconds": 60, "visibility_timeout": 1}, 60),
        ("amqp", {"visibility_timeout": 7}, 0),
    ],
)
def test_a_broker_gives_out_again_what_was_not_acknowledged(
    transport: str, options: dict[str, object], seconds: float
) -> None:
    assert redelivery.visibility_s(transport, options) == seconds


@pytest.mark.parametrize(
    ("transport", "seconds"), [("redis", None), ("Redis", None), ("amqp", 0), ("sqs", 1_800)]
)
def test_a_broker_may_give_out_again_what_was_rejected(
    transport: str, seconds: float | None
) -> None:
    assert redelivery.rejected_s(transport, {}) == seconds


@pytest.mark.parametrize(
    ("again_s", "seconds"),
    [
        (None, 30),  # acknowledged before the run: only its own worker may still report
        (0.0, 30),
        (3_600.0, 3_630),
    ],
)
def test_a_message_may_come_again_for_that_time_and_a_lease(
    again_s: float | None, seconds: float
) -> None:
    task = Task("t", "fetch_data", again_s=again_s)
    assert redelivery.until(task, NOW, 30) == NOW + timedelta(seconds=seconds)


# Which ends may be taken back


def after(task: Task | None, event: ev.Event, seconds: float = 0) -> Task:
    now = NOW + timedelta(seconds=seconds)
    return transition(task, event, now, task_id="t", locale="en", lease_s=LEASE_S)


def begins(run: int, lease: str = WORKER.lease, **values: Any) -> ev.Started:
    worker = Worker(lease, "w@tests", run=run)
    values = {"again_s": 86_400, "redelivered": True, "alone": True, **values}
    return ev.Started(identity=IDENTITY, worker=worker, **values)


@pytest.mark.parametrize("cause", [LOST, "worker_lost", None])
def test_a_run_after_a_loss_says_so(cause: str | None) -> None:
    """The process of each run is lost; with `reject_on_worker_lost` (None) no event says that."""
    task = after(None, begins(1, redelivered=False, alone=False))
    for number in (2, 3, 4, 5):
        at = 90.0 * number
        if cause == LOST:
            lost = ev.Lost(lease=WORKER.lease, error_message="why", revision=task.revision)
            task = after(task, lost, at)
        elif cause is not None:
            task = after(task, ev.Failed(error_message="why", cause=cause), at)
        start, before = begins(number), task
        task = after(task, start, at + 1)
        says = "an earlier attempt lost its process"
        if number > 2:
            says = f"{number - 1} earlier attempts lost their processes"
        assert task.message == f"attempt {number}: {says}"
        entry = timeline.written(before, start, task)[-1]
        assert (entry.event, entry.text) == ("redelivered", task.message)
        assert entry.text_code == task.message_code
        in_japanese = in_language("ja", task.message, task.message_code)
        task = after(task, ev.Progressed(current=1, message="half way"), at + 3)
    assert in_japanese == "5 回目の試行: これまでに 4 回プロセスを失いました"
    assert task.message_code is None


@pytest.mark.parametrize(
    ("start", "count"),
    [
        (begins(3), 2),
        (begins(3, alone=False), 1),  # the worker may run it still
        (begins(3, lease="another"), 1),  # so may the other worker
        (begins(2), 1),  # the same start once more
        (begins(3, retries=1), 0),
    ],
)
def test_a_run_that_may_still_go_on_counts_as_no_loss(start: ev.Started, count: int) -> None:
    task = after(after(None, begins(1, redelivered=False)), begins(2), 60)
    assert task.lost_runs == 1
    assert after(task, start, 90).lost_runs == count


@pytest.mark.parametrize(
    "events",
    [
        (ev.Failed(error_message="why", cause="exception"),),
        (ev.Failed(error_message="why", cause="time_limit", again_s=0),),
        (ev.Retried(retries=1, message="503"),),
        (ev.Requeued(),),
        (ev.Completed(), ev.Created(identity=IDENTITY)),
        (ev.Failed(error_message="why", cause=LOST), ev.Created(identity=IDENTITY)),
    ],
    ids=lambda events: type(events[-1]).__name__,
)
def test_another_end_and_a_new_publish_reset_the_count(events: tuple[ev.Event, ...]) -> None:
    task = after(after(None, begins(1, redelivered=False)), begins(2), 60)
    for second, event in enumerate(events):
        task = after(task, event, 90 + second)
    task = after(task, begins(3, retries=task.retries), 120)
    assert (task.attempt, task.lost_runs) == (3, 0)


def failed(late_s: float | None, cause: str, **values: Any) -> Task:
    task = after(None, ev.Started(identity=IDENTITY, worker=WORKER, again_s=late_s))
    if cause == LOST:
        lost = ev.Lost(lease=WORKER.lease, error_message="why", revision=task.revision)
        return after(task, lost, 60)
    return after(task, ev.Failed(error_message="why", cause=cause, **values), 60)


@pytest.mark.parametrize(
    ("cause", "again_s", "seconds"),
    [
        *((cause, {}, (LEASE_S, VISIBILITY_S + LEASE_S)) for cause in (LOST, NOT_PUBLISHED)),
        # A retry may be under way although its publish has failed.
        *((cause, {}, (LEASE_S, LEASE_S)) for cause in ("rejected", "internal_error")),
        *((cause, {}, (None, None)) for cause in STAYS),
        # The failure's source knows that the message stays with the broker.
        ("time_limit", {"again_s": 0}, (LEASE_S, LEASE_S)),
        *((c, {"again_s": VISIBILITY_S}, (VISIBILITY_S + LEASE_S,) * 2) for c in STAYS),
    ],
)
def test_what_a_redelivery_takes_back_is_open_for_the_visibility_time_out_and_a_lease(
    cause: str, again_s: dict[str, float], seconds: tuple[float | None, float | None]
) -> None:
    for late_s, open_s in zip((EARLY, LATE), seconds, strict=True):
        task = failed(late_s, cause, **again_s)
        until = task.again_until
        assert task.completed_at == NOW + timedelta(seconds=60)
        if open_s is None:
            assert until is None
            assert final(task, NOW)
        else:
            assert until == task.completed_at + timedelta(seconds=open_s)
            assert not final(task, until - timedelta(milliseconds=1))
            assert final(task, until)


@pytest.mark.parametrize(
    "end", [ev.Completed(), ev.Cancelled(), ev.Ignored()], ids=lambda e: type(e).__name__
)
def test_other_ends_are_final(end: ev.Event) -> None:
    running = after(None, ev.Started(identity=IDENTITY, worker=WORKER, again_s=LATE))
    assert not final(running, NOW + timedelta(days=1))
    assert final(after(running, end), NOW)


@pytest.mark.parametrize(
    ("ended", "minutes", "left"),
    [(False, None, None), (False, 5, None), (True, None, 0), (True, 5, 300.0), (True, -5, 0)],
)
def test_a_stream_is_over_when_no_seconds_are_left(
    ended: bool, minutes: int | None, left: float | None
) -> None:
    until = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert left_s(ended, until, NOW) == left


@pytest.mark.parametrize(
    "again",
    [
        ev.Started(identity=IDENTITY, worker=WORKER, redelivered=True),
        ev.Progressed(current=1, attempt=1),
        ev.Completed(attempt=1),
        ev.Created(identity=IDENTITY),
    ],
    ids=lambda e: type(e).__name__,
)
def test_whatever_takes_it_back_closes_it(again: ev.Event) -> None:
    task = after(failed(LATE, LOST), again, 61)
    assert task.again_until is None
    assert final(task, NOW) == task.ended


def test_the_record_says_until_when() -> None:
    assert failed(LATE, LOST).message == "Worker lost; may run again until 11:31"
    assert failed(EARLY, "rejected").message == "An error occurred; may run again until 10:31"
    assert (
        failed(None, "worker_lost", again_s=86_400).message
        == "Worker lost; may run again until 01-16 10:31"
    )
    assert failed(LATE, "exception").message == "An error occurred"
