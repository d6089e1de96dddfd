"""A task that waits for its first run: how many tasks of its type are before it, and when it is
likely to start; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from .estimate import FURTHEST_S
from .json_text import document_of, parsed
from .local_time import EPOCH, MICROSECOND, MILLISECOND, moment
from .model import Task, TaskStatus, rendered
from .past_runs import History


class Waiting(NamedTuple):
    """A task that waits in its type's queue, and its creation time in microseconds since 1970."""

    task_type: str
    task_id: str
    created_us: int


def may_wait(document: bytes) -> bool:
    """Whether a document may be that of a task that waits for its first run."""
    return b'"status":"created"' in document


def waiting(document: bytes) -> Waiting | None:
    """The task of a checked document, if it waits for its first run: its message has left, and has
    no `eta`. None for any other."""
    if not may_wait(document):
        return None
    body = parsed(document)
    if body["status"] != TaskStatus.CREATED or body.get("planned") or body["created_at"] is None:
        return None
    if body["start_time"] is not None or (body["delivery"] or {}).get("eta") is not None:
        return None
    created_us = (moment(body["created_at"]) - EPOCH) // MICROSECOND
    return Waiting(body["task_type"], body["task_id"], created_us)


def of_task(task: Task) -> Waiting | None:
    """A task, if it waits for its first run, as `waiting` has it."""
    if task.status != TaskStatus.CREATED or task.planned or task.created_at is None:
        return None
    if task.started_at is not None or (task.delivery and task.delivery.eta is not None):
        return None
    created_us = (task.created_at - EPOCH) // MICROSECOND
    return Waiting(task.task_type, task.task_id, created_us)


def start(task: Waiting, ahead: int, history: History) -> dict[str, object] | None:
    """The range of a waiting task's start, as a body has it; None where it is not known."""
    return _start(EPOCH + task.created_us * MICROSECOND, ahead, history)


def placed(document: bytes, ahead: int, history: History) -> bytes:
    """A waiting task's document with its place, and the range of its start."""
    body = parsed(document)
    body["ahead"] = ahead
    body["start_estimate"] = _start(moment(body["created_at"]), ahead, history)
    return document_of(body)


def _start(created: datetime, ahead: int, history: History) -> dict[str, object] | None:
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
    earliest, middle, latest = (rendered(since + timedelta(seconds=one)) for one in wait)
    return {"earliest": earliest, "likely": middle, "latest": latest, "runs": history.runs}
