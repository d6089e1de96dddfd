"""The estimate of a task from its type's last runs: by their pace, until the task has a rate of its
own; without a known total by their whole duration, until the task's end."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from . import estimate
from .fields import Body, Estimate
from .local_time import EPOCH, MILLISECOND, moment
from .model import TaskStatus
from .past_runs import History, Likely

#: Past runs' pace is not shown where the run has taken more than so many times as long an item.
_REFUTED: Final = 4.0


def type_of(record: Body) -> str | None:
    """The type of a record's task if its end has to be estimated from past runs; None if the record
    has an estimate of its own, or its task has ended or is paused."""
    if record.estimated_completion is not None:
        return None
    if record.status not in (TaskStatus.CREATED, TaskStatus.RUNNING):
        return None
    # Without a known total the run's own rate predicts nothing.
    needed = record.rate is None or not record.progress.total
    return record.task_type if needed else None


def has_usual(record: Body) -> bool:
    """Whether a record's task has ended after a time that can be compared with its type's runs."""
    begun = record.end_time is not None and record.start_time is not None
    return begun and (record.progress.current > 0 or not record.progress.total)


def with_usual(record: Body, history: History) -> Body:
    """The record of which `has_usual` is true, with how long its type's runs take."""
    assert record.end_time is not None
    ended_ms = (moment(record.end_time) - EPOCH) // MILLISECOND
    record.usual_ms = history.usual_ms(record.progress.current, ended_ms)
    return record


def estimated(record: Body, history: History) -> Body:
    """The record with its end estimated from its type's past runs."""
    items, each = record.progress.total, history.pace
    whole = not items
    if not items:
        items, each = 1, history.whole
    since, began = record.updated_at, record.attempt_started_at or record.start_time
    # With an `eta`, of a first run or a retry, the task still has all items to do.
    eta = record.eta
    if record.status == TaskStatus.CREATED:
        since = record.created_at
    elif eta is None and whole:
        since = began
    elif eta is None:
        if since and began and each and _refuted(record.progress.current, since, began, each):
            return record
        items -= record.progress.current
    if since is None:
        return record
    begins = max(moment(since), moment(eta)) if eta else moment(since)
    record.estimated_completion, record.estimate = ending(begins, items, each, history.runs)
    return record


def _refuted(done: int, since: str, began: str, each: Likely) -> bool:
    """Whether a run that has done so many items at its last value shows that past runs' pace is not
    its own."""
    took = (moment(since) - moment(began)).total_seconds()
    return done > 0 and took > _REFUTED * done * each.seconds


def ending(
    begins: datetime, items: int, each: Likely | None, runs: int
) -> tuple[str | None, Estimate | None]:
    """The expected end, and its range, of work on these items from a time on, each in the seconds
    that past runs took."""
    if each is None or not 0 < (rest := items * each.seconds) <= estimate.FURTHEST_S:
        return None, None
    return estimate.end_after(begins, rest, each.band, runs)
