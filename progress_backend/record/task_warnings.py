"""Warnings on a running task: the run has written no value for long, or takes longer than the last
runs of its type; pure.

A warning is no status: nothing ends by it. Paused tasks have none, nor has a task that waits for
the message of its next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from .local_time import in_milliseconds
from .model import Task, TaskStatus, Warnings
from .past_runs import LEAST, PastRun

#: No warning comes before so many seconds, unless the task's marking has a time.
SOONEST_S: Final = 30.0
#: A run has stalled after so many times the longest gap between two of its values, and after so
#: many times that of its type's last runs.
_GAPS, _PAST_GAPS = 3.0, 1.25
#: Fewest counted items before a run can stall: the first few gaps say little about the next.
_LEAST_ITEMS: Final = 5
#: A run is late past so many times the slowest of its type's last runs.
_SLOWEST: Final = 1.25


def _slowest(seconds: Iterable[float]) -> float | None:
    found = list(seconds)
    return max(found) if len(found) >= LEAST else None


def judged(task: Task, past: Sequence[PastRun], now: datetime, *, answers: bool) -> Warnings:
    """The new warnings of a task, by the store's clock and the last runs of its type. `answers`:
    whether its worker's lease is valid."""
    # Without a worker a run has ended and the next one's message is on its way. A task that runs
    # outside of Celery has no message, and no attempt.
    waits = task.worker is None and task.attempt > 0
    if task.status != TaskStatus.RUNNING or waits:
        return Warnings()
    known, stalled, late = task.warnings or Warnings(), None, None
    if answers and not known.stalled and (most := longest_silence(task, past)) is not None:
        stalled = task.updated_at if _since(task.updated_at, now) > most else None
    if not known.late and (most := _longest_run(task, past)) is not None:
        over = _worked(task, now) - most
        late = in_milliseconds(now - timedelta(seconds=over)) if over > 0 else None
    return Warnings(stalled=stalled, late=late)


def _since(time: datetime | None, now: datetime) -> float:
    return 0.0 if time is None else max((now - time).total_seconds(), 0.0)


def longest_silence(task: Task, past: Sequence[PastRun]) -> float | None:
    """Seconds without a value after which a run has stalled; None before that is known."""
    if task.stall_s is not None:
        return task.stall_s
    work = task.work
    if work is None or work.items < _LEAST_ITEMS:
        return None
    usual = max((run.gap for run in past if run.gap is not None), default=0.0)
    return max(_GAPS * work.gap, _PAST_GAPS * usual, SOONEST_S)


def _longest_run(task: Task, past: Sequence[PastRun]) -> float | None:
    """Seconds of work, as of `_worked`, after which a run is late."""
    if task.expect_s is not None:
        return task.expect_s
    counts = task.work is not None
    most = _slowest(run.seconds if counts else run.whole or run.seconds for run in past)
    if most is None:
        return None
    pace = _slowest(run.seconds / run.items for run in past if run.items > 0)
    if task.total_items and pace is not None:
        scaled = pace * task.total_items
        # The time before the first value does not depend on the number of items.
        most = scaled if counts else max(scaled, most)
    return max(_SLOWEST * most, SOONEST_S)


def _worked(task: Task, now: datetime) -> float:
    """Seconds of work: since the first value without pauses, before that since the run's start."""
    since_start = _since(task.attempt_started_at or task.started_at, now)
    if task.work is None:
        return since_start
    return task.work.seconds + max(since_start - task.work.at, 0.0)
