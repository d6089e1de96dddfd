"""What a pause or a cancel asks of a run, and when that is done."""

import pytest
from msgspec.structs import replace

from progress_backend.record import events as ev
from progress_backend.record.model import Worker, rendered
from tests.record.steps.given import IDENTITY, OURS, after, at, steadily


def test_a_pause_is_no_work(running) -> None:
    task = steadily(running, 1)
    paused = after(task, ev.Paused(), ev.Acknowledged(), seconds=6)
    moved = after(paused, ev.Progressed(current=9), seconds=60)
    assert moved.rate == task.rate == 2
    assert (moved.status, moved.current_items) == ("paused", 9)
    task = after(paused, ev.Resumed(), seconds=900)
    # The second before the pause and that after it.
    task = after(task, ev.Progressed(current=12), seconds=901)
    assert (task.rate, task.work.items, task.work.seconds) == (2, 12, 6)


@pytest.mark.parametrize(
    ("events", "items", "seconds"),
    [((ev.Acknowledged(),), 18, 9), ((), 18, 500)],
    ids=["acknowledged", "never"],
)
def test_the_time_until_a_run_acknowledges_a_pause_is_work(running, events, items, seconds) -> None:
    running = after(running, ev.Started(identity=IDENTITY, worker=Worker("a/1", "a")))
    task = after(steadily(running, 1), ev.Paused(by="api"), seconds=6)
    task = after(task, ev.Progressed(current=14), seconds=8)
    task = after(task, *events, seconds=9)
    task = after(task, ev.Resumed(), seconds=500)
    task = after(task, ev.Progressed(current=18), seconds=501)
    assert (task.work.items, task.work.seconds) == (items, seconds)
    assert not events or task.rate == 2


@pytest.mark.parametrize("acknowledged_at", [None, 5, "noon"])
def test_a_pause_of_another_program_is_no_work_either(running, acknowledged_at) -> None:
    task = replace(
        steadily(running, 1),
        status="paused",
        control={"action": "x", "acknowledged_at": acknowledged_at},
    )
    task = after(task, ev.Resumed(), seconds=100)
    assert after(task, ev.Progressed(current=10), seconds=101).work.seconds == 5


def test_pause_says_who_and_when_until_it_is_over(running) -> None:
    paused = after(running, ev.Paused(by="api", reason="lunch", message="later"), seconds=5)
    assert paused.message == "later"
    assert paused.control == {
        "action": "pause",
        "by": "api",
        "reason": "lunch",
        "message": "later",
        "at": "2024-01-15T10:30:05.000+00:00",
        "acknowledged_at": None,
    }
    value = ev.Progressed(attempt=running.attempt, current=3, message="3 of 10")
    outstanding = after(paused, value)
    assert (outstanding.message, outstanding.current_items) == ("later", 3)
    assert after(running, ev.Paused(by="api"), value).message == "3 of 10"
    assert after(outstanding, ev.Resumed(), value.replace(current=4)).message == "3 of 10"
    assert after(paused, ev.Resumed()).control is None
    assert after(paused, ev.Resumed()).message == "later"
    assert after(paused, ev.Resumed(message="go")).message == "go"
    assert after(running, ev.Paused()).message == running.message


@pytest.mark.parametrize(("again_s", "minutes"), [(3_600.0, 60), (0.0, None), (None, None)])
@pytest.mark.parametrize("waits", [True, False])
def test_a_pause_says_when_the_message_comes_again(running, again_s, minutes, waits) -> None:
    started = ev.Started(identity=IDENTITY, worker=OURS, again_s=again_s)
    events = (ev.Paused(), started) if waits else (started, ev.Paused())
    task = after(running, *events, ev.Acknowledged(), seconds=5)
    second = None if minutes is None else rendered(at(60 * minutes + 5))
    assert task.control.get("second_run_at") == second


STARTED = ev.Started(identity=IDENTITY, worker=OURS)
LOST = ev.Lost(lease=OURS.lease, error_message="silent", revision=0)
ASKING = {
    "pause": ev.Paused(by="api"),
    "cancel": ev.Cancelled(by="api"),
    "end": ev.Failed(
        error_message="stuck", cause="reported", asked=ev.EndRequest(by="me", force=True)
    ),
}


@pytest.mark.parametrize("asked", ASKING)
def test_what_is_asked_of_a_run_is_asked_until_it_does_so(running, asked) -> None:
    task = after(running, ASKING[asked], seconds=5)
    assert (task.requested, task.control["acknowledged_at"]) == (asked, None)
    acknowledged = after(task, ev.Acknowledged(attempt=1), seconds=9)
    assert (acknowledged.requested, acknowledged.control["acknowledged_at"]) == (
        None,
        "2024-01-15T10:30:09.000+00:00",
    )
    assert (acknowledged.status, acknowledged.completed_at) == (task.status, task.completed_at)
    # An end stays the record's last change.
    assert acknowledged.updated_at == (at(5) if task.ended else at(9))
    assert after(acknowledged, ev.Acknowledged(attempt=1), seconds=20) is acknowledged


@pytest.mark.parametrize("asked", ASKING)
@pytest.mark.parametrize(
    "before",
    [
        pytest.param((), id="no run has begun it"),
        pytest.param((STARTED, ev.Retried(attempt=1, retries=1)), id="it waits for its retry"),
        pytest.param((STARTED, ev.Requeued(attempt=1)), id="it is back in the queue"),
        pytest.param((STARTED, LOST), id="its run was lost"),
    ],
)
def test_a_request_for_a_task_without_a_run_is_done_at_once(before, asked) -> None:
    if LOST in before and asked != "cancel":
        return  # a lost run is asked for nothing else
    task = after(None, ev.Created(identity=IDENTITY), *before, ASKING[asked], seconds=5)
    assert (task.requested, task.control["acknowledged_at"]) == (None, task.control["at"])


@pytest.mark.parametrize(
    "happened",
    [
        # The run ends before it waits.
        (ev.Paused(by="api"), ev.Retried(attempt=1, retries=1)),
        (ev.Paused(by="api"), ev.Requeued(attempt=1)),
        # The run, or Celery, reports its cancel.
        (ev.Cancelled(by="celery"),),
        (ev.Cancelled(by="task"),),
        (ev.Ignored(),),
    ],
)
def test_what_is_done_is_not_asked(running, happened) -> None:
    assert after(running, *happened, seconds=5).requested is None
