"""What a pause or a cancel asks of a run, and when that is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from tests.record.steps.given import IDENTITY, OURS, after, at, steadily


def test_a_pause_is_no_work(running) -> None:
    task = steadily(running, 1)
    paused = after(task, ev.Paused(), ev.Heeded(), seconds=6)
    moved = after(paused, ev.Progressed(current=9), seconds=60)
    assert moved.rate == task.rate == 2
    assert (moved.status, moved.current_items) == ("paused", 9)
    task = after(paused, ev.Resumed(), seconds=900)
    # The second before the pause and that after it.
    task = after(task, ev.Progressed(current=12), seconds=901)
    assert (task.rate, task.work.items, task.work.seconds) == (2, 12, 6)


def test_the_time_until_a_run_heeds_a_pause_is_work(running) -> None:
    running = after(running, ev.Started(identity=IDENTITY, worker=Worker("a/1", "a")))
    task = after(steadily(running, 1), ev.Paused(by="api"), seconds=6)
    task = after(task, ev.Progressed(current=14), seconds=8)
    task = after(task, ev.Heeded(), seconds=9)
    task = after(task, ev.Resumed(), seconds=500)
    task = after(task, ev.Progressed(current=18), seconds=501)
    assert (task.rate, task.work.items, task.work.seconds) == (2, 18, 9)


def test_a_pause_that_nobody_heeded_was_work(running) -> None:
    running = after(running, ev.Started(identity=IDENTITY, worker=Worker("a/1", "a")))
    task = after(steadily(running, 1), ev.Paused(by="api"), seconds=6)
    task = after(task, ev.Resumed(), ev.Progressed(current=14), seconds=8)
    assert (task.rate, task.work.seconds) == (2, 7)


@pytest.mark.parametrize("heeded_at", [None, 5, "noon"])
def test_a_pause_of_another_program_is_no_work_either(running, heeded_at) -> None:
    task = replace(
        steadily(running, 1), status="paused", control={"action": "x", "heeded_at": heeded_at}
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
        "at": "2024-01-15T10:30:05.000+00:00",
        "heeded_at": None,
    }
    assert after(paused, ev.Resumed()).control is None
    assert after(paused, ev.Resumed()).message == "later"
    assert after(paused, ev.Resumed(message="go")).message == "go"
    assert after(running, ev.Paused()).message == running.message


ASKING = {
    "pause": ev.Paused(by="api"),
    "cancel": ev.Cancelled(by="api"),
    "end": ev.Failed(error_message="stuck", cause="reported", asked=ev.Asked(by="me", force=True)),
}


@pytest.mark.parametrize("asked", ASKING)
def test_what_is_asked_of_a_run_is_asked_until_it_does_so(running, asked) -> None:
    task = after(running, ASKING[asked], seconds=5)
    assert (task.asked, task.control["heeded_at"]) == (asked, None)
    heeded = after(task, ev.Heeded(attempt=1), seconds=9)
    assert (heeded.asked, heeded.control["heeded_at"]) == (None, "2024-01-15T10:30:09.000+00:00")
    assert (heeded.status, heeded.completed_at) == (task.status, task.completed_at)
    # An end stays the record's last change.
    assert heeded.updated_at == (at(5) if task.ended else at(9))
    assert after(heeded, ev.Heeded(attempt=1), seconds=20) is heeded


@pytest.mark.parametrize("asked", ASKING)
@pytest.mark.parametrize(
    "before",
    [
        pytest.param((), id="nobody has begun it"),
        pytest.param((ev.Retried(attempt=1, retries=1),), id="it waits for its retry"),
        pytest.param((ev.Requeued(attempt=1),), id="it is back in the queue"),
    ],
)
def test_what_is_asked_where_nobody_runs_it_is_done_at_once(before, asked) -> None:
    task = after(None, ev.Created(identity=IDENTITY))
    if before:
        task = after(task, ev.Started(identity=IDENTITY, worker=OURS), *before)
    task = after(task, ASKING[asked], seconds=5)
    assert (task.asked, task.control["heeded_at"]) == (None, task.control["at"])


@pytest.mark.parametrize("back", [ev.Retried(attempt=1, retries=1), ev.Requeued(attempt=1)])
def test_a_pause_is_done_where_the_run_ends_before_it_waits(running, back) -> None:
    task = after(running, ev.Paused(by="api"), back, seconds=5)
    assert (task.status, task.asked) == ("paused", None)


def test_a_cancel_of_a_lost_run_is_done_at_once(running) -> None:
    lost = ev.Lost(lease=OURS.lease, error_message="silent", revision=running.revision)
    task = after(running, lost, ev.Cancelled(by="api"), seconds=5)
    assert (task.status, task.asked) == ("cancelled", None)


@pytest.mark.parametrize("end", [ev.Cancelled(by="celery"), ev.Cancelled(by="task"), ev.Ignored()])
def test_a_cancel_that_the_run_or_celery_tells_of_is_done(running, end) -> None:
    assert after(running, end).asked is None


def test_a_cancel_of_an_older_version_is_taken_as_done(running) -> None:
    task = replace(after(running, ev.Cancelled(by="api")), control={"action": "cancel"})
    assert task.asked is None
    assert after(task, ev.Heeded()) is task
