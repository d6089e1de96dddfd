"""A task that waits for its first run: how many tasks of its type are before it, and when it is
likely to start; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from .estimate import FURTHEST_S
from .fields import Body, StartEstimate
from .local_time import EPOCH, MICROSECOND, MILLISECOND, moment
from .model import Task, TaskStatus, written_time
from .past_runs import History


class Waiting(NamedTuple):
    """A task that waits in its type's queue, and its creation time in microseconds since 1970."""

    task_type: str
    task_id: str
    created_us: int


def waiting(record: Body) -> Waiting | None:
    """The task of a checked record, if it waits for its first run: its message has left, and has no
    `eta`. None for any other."""
    if record.status != TaskStatus.CREATED or record.planned or record.created_at is None:
        return None
    if record.start_time is not None or (record.eta is not None):
        return None
    created_us = (moment(record.created_at) - EPOCH) // MICROSECOND
    return Waiting(record.task_type, record.task_id, created_us)


def of_task(task: Task) -> Waiting | None:
    """A task, if it waits for its first run, as `waiting` has it."""
    if task.status != TaskStatus.CREATED or task.planned or task.created_at is None:
        return None
    if task.started_at is not None or (task.delivery and task.delivery.eta is not None):
        return None
    created_us = (task.created_at - EPOCH) // MICROSECOND
    return Waiting(task.task_type, task.task_id, created_us)


def placed(record: Body, ahead: int, history: History) -> Body:
    """A waiting task's record with its place, and the range of its start."""
    assert record.created_at is not None, "else it does not wait"
    record.ahead = ahead
    record.start_estimate = _start(moment(record.created_at), ahead, history)
    return record


def _start(created: datetime, ahead: int, history: History) -> StartEstimate | None:
    wait, since = history.waits, created
    if history.queue is not None:
        ended_ms, gap = history.queue
        likely = (ahead + 1) * gap
        wait = (likely / 2, likely, likely * 2)
        # Where no run has ended since its creation, the next end is counted from there.
        since = max(created, EPOCH + ended_ms * MILLISECOND)
    elif ahead:
        return None  # past runs waited for no others
    if wait is None or wait[2] > FURTHEST_S:
        return None
    since = since.astimezone(created.tzinfo)
    earliest, middle, latest = (written_time(since + timedelta(seconds=one)) for one in wait)
    return StartEstimate(earliest=earliest, likely=middle, latest=latest, runs=history.runs)
