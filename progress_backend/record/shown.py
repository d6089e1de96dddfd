"""What a record does not say of its task: the end and the place of a waiting one, estimated by the
last runs of its type; pure.

Past runs' pace estimates the end until the task has a rate of its own; without a known total their
whole duration does, until the task's end.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct, field
from msgspec.json import Decoder

from .estimate import FURTHEST_S, end_after
from .fields import Body, Bookkeeping, Estimate, StartEstimate
from .local_time import EPOCH, MICROSECOND, MILLISECOND, moment, text_after
from .model import TaskStatus
from .past_runs import History, Likely

#: Past runs' pace is not shown where the run has taken more than so many times as long an item.
_REFUTED: Final = 4.0


def needs_history(record: Body) -> bool:
    """Whether past runs say something of a record's task: how long it usually takes, where it has
    ended after a time that can be compared; when it ends, where it has no estimate of its own."""
    if record.end_time is not None:
        whole = not record.progress.total
        return record.start_time is not None and (record.progress.current > 0 or whole)
    if record.status not in (TaskStatus.CREATED, TaskStatus.RUNNING):
        return False
    # Without a known total the run's own rate predicts nothing.
    unknown = record.rate is None or not record.progress.total
    return unknown and record.estimated_completion is None


def with_history(record: Body, history: History) -> Body:
    """The record of which `needs_history` is true, with what its type's past runs say."""
    if record.end_time is not None:
        ended_ms = (moment(record.end_time) - EPOCH) // MILLISECOND
        record.usual_ms = history.usual_ms(record.progress.current, ended_ms)
        return record
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
    if each is None or not 0 < (rest := items * each.seconds) <= FURTHEST_S:
        return None, None
    return end_after(begins, rest, each.band, runs)


class QueuedTask(NamedTuple):
    """A task that waits in its type's queue, and its creation time in microseconds since 1970."""

    task_type: str
    task_id: str
    created_us: int


class _Stored(Struct):
    """The library's own part of a stored document."""

    bookkeeping: Bookkeeping | None = field(default=None, name="_")


_read = Decoder(_Stored).decode


def waiting(record: Body, stored: bytes) -> QueuedTask | None:
    """The task of a checked record, read from `stored`, if its message is in the queue for its
    first run: Celery has published it, without an `eta`. None for any other."""
    if record.status != TaskStatus.CREATED or record.planned or record.created_at is None:
        return None
    if record.start_time is not None or record.eta is not None:
        return None
    if record.root_id is None and record.workflow is None:
        kept = _read(stored).bookkeeping
        if kept is None or not kept.own_root:
            return None  # made by HTTP or a service, and no message of it yet
    created_us = (moment(record.created_at) - EPOCH) // MICROSECOND
    return QueuedTask(record.task_type, record.task_id, created_us)


def is_whole(record: Body, stored: bytes) -> bool:
    """Whether a record's document says all that readers get, at any time."""
    timeless = record.may_come_again_until is None
    return timeless and not needs_history(record) and waiting(record, stored) is None


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
        # If no run has ended since its creation, the time to the next end starts there.
        since = max(since, datetime.fromtimestamp(ended_ms / 1000, created.tzinfo))
    elif ahead:
        return None  # past runs waited for no others
    if wait is None or wait[2] > FURTHEST_S:
        return None
    earliest, middle, latest = (text_after(since, one) for one in wait)
    return StartEstimate(earliest=earliest, likely=middle, latest=latest, runs=history.runs)
