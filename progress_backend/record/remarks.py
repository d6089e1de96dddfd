"""Remarks on an open task: that no value has come for long, or that the task runs or waits for
longer than the last runs of its type; pure.

A remark is no status: nothing ends by it. Paused tasks have none, nor has what is not to go on yet:
a planned task, and a message that waits for its `eta`, its retry or its redelivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from .model import Remarks, Task, TaskStatus
from .past_runs import LEAST, PastRun
from .work import STEADY_VALUES

#: Nothing is out of the ordinary within so many seconds, unless a marking says so.
SOONEST_S: Final = 30.0
#: A run has stalled without a value for so many times its own longest gap between two.
_GAPS: Final = 5.0
#: Items that its values have counted by then: the times of the first few say little of the next.
_LEAST_ITEMS: Final = 5
#: A run is late, or waits, past so many times the slowest of its type's last runs.
_SLOWEST: Final = 1.5
#: Seconds after which a task is looked at again, at least and at most.
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 600.0


class Usual(NamedTuple):
    """The slowest of a type's last runs, from `past_runs.LEAST` runs on; None while unknown."""

    #: Seconds of work; and seconds an item of those that have counted any.
    seconds: float | None = None
    pace: float | None = None
    #: Seconds from start to end, with all that was before the first value.
    whole: float | None = None
    #: Seconds that a task waited for its first run.
    waited: float | None = None


class Judgment(NamedTuple):
    """What is newly out of the ordinary of a task, and in how many seconds the task is looked at
    again; None: not any more."""

    remarks: Remarks
    again_s: float | None


def usual(runs: Sequence[PastRun]) -> Usual:
    """The slowest of these runs."""
    known = [run for run in runs if run.ended_ms]
    return Usual(
        _slowest(run.seconds for run in known),
        _slowest(run.seconds / run.items for run in known if run.items > 0),
        _slowest(run.seconds if run.whole is None else run.whole for run in known),
        _slowest(run.waited for run in known if run.waited is not None),
    )


def _slowest(seconds: Iterable[float]) -> float | None:
    found = list(seconds)
    return max(found) if len(found) >= LEAST else None


def judged(task: Task, slowest: Usual, now: datetime, *, answers: bool) -> Judgment:
    """What is to be said of a task, by the store's clock. `answers`: whether its worker's lease is
    valid."""
    now += timedelta(seconds=task.clock_back_s)
    if task.status == TaskStatus.RUNNING and not _waits_for_its_message(task):
        return _of_run(task, slowest, now, answers)
    if task.status == TaskStatus.CREATED and _waits_in_queue(task):
        return _of_waiting(task, slowest, now)
    return Judgment(Remarks(), _later(task, now))


def _waits_for_its_message(task: Task) -> bool:
    """Whether a run has ended and the next one's message is on its way. A task that runs outside of
    Celery has no message, and no attempt."""
    return task.worker is None and task.attempt > 0


def _waits_in_queue(task: Task) -> bool:
    """Whether a task waits for its first run, and was to begin at once: the same of which
    `past_runs` knows how long it took."""
    at_once = task.delivery is None or task.delivery.eta is None
    return at_once and task.member is None and task.started_at is None


def _later(task: Task, now: datetime) -> float | None:
    """When a task is looked at again that nothing is said of now. A worker has those looked at that
    it begins."""
    if task.status not in (TaskStatus.RUNNING, TaskStatus.PAUSED) or task.started_at is None:
        return None
    eta = None if task.delivery is None else task.delivery.eta
    return max(_rest(task, now), 0.0 if eta is None else (eta - now).total_seconds())


def _rest(task: Task, now: datetime) -> float:
    """The longer ago a task's last change, the longer until it is looked at again."""
    return min(max(_since(task.updated_at, now), SOONEST_S), _LONGEST_S)


def _bounded(again_s: float) -> float:
    return min(max(again_s, _SHORTEST_S), _LONGEST_S)


def _since(time: datetime | None, now: datetime) -> float:
    return 0.0 if time is None else max((now - time).total_seconds(), 0.0)


def _of_run(task: Task, slowest: Usual, now: datetime, answers: bool) -> Judgment:
    known, stalled, late = task.remarks or Remarks(), None, None
    again_s = _rest(task, now)
    if answers and not known.stalled and (most := _longest_silence(task)) is not None:
        left = most - _since(task.updated_at, now)
        stalled, again_s = (task.updated_at, again_s) if left < 0 else (None, left)
    if not known.late and (most := _longest_run(task, slowest)) is not None:
        over = _worked(task, now) - most
        if over > 0:
            late = _instant(now - timedelta(seconds=over))
        else:
            again_s = min(again_s, -over)
    return Judgment(Remarks(stalled=stalled, late=late), _bounded(again_s))


def _longest_silence(task: Task) -> float | None:
    """Seconds without a value after which a run has stalled; None while its values do not tell."""
    if task.stall_s is not None:
        return task.stall_s
    work = task.work
    if work is None or work.values < STEADY_VALUES or work.items < _LEAST_ITEMS:
        return None
    return max(_GAPS * work.gap, SOONEST_S)


def _longest_run(task: Task, slowest: Usual) -> float | None:
    """Seconds, as `_worked` has them, after which a run is late."""
    if task.expect_s is not None:
        return task.expect_s
    most = slowest.seconds if task.work is not None else slowest.whole
    if most is None:
        return None
    if task.total_items and slowest.pace is not None:
        scaled = slowest.pace * task.total_items
        # What is before the first value does not depend on the number of items.
        most = scaled if task.work is not None else max(scaled, most)
    return max(_SLOWEST * most, SOONEST_S)


def _worked(task: Task, now: datetime) -> float:
    """Seconds of work: since the first value without pauses, before that since the run's start."""
    since_start = _since(task.attempt_started_at or task.started_at, now)
    if task.work is None:
        return since_start
    return task.work.seconds + task.work.open + max(since_start - task.work.at, 0.0)


def _of_waiting(task: Task, slowest: Usual, now: datetime) -> Judgment:
    known = task.remarks or Remarks()
    if known.waiting or slowest.waited is None or task.created_at is None:
        # One that Celery runs is looked at again once it has begun.
        return Judgment(Remarks(), None if task.root_id else _rest(task, now))
    over = _since(task.created_at, now) - max(_SLOWEST * slowest.waited, SOONEST_S)
    if over <= 0:
        return Judgment(Remarks(), _bounded(-over))
    waiting = Remarks(waiting=_instant(now - timedelta(seconds=over)))
    return Judgment(waiting, None if task.root_id else _rest(task, now))


def _instant(time: datetime) -> datetime:
    """A time in milliseconds, as it is recorded."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
