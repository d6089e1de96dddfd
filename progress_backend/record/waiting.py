"""A task that waits for its first run: how many tasks of its type are before it, and when it is
likely to start; pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.json import Decoder

from .estimate import FURTHEST_S
from .fields import Body, Bookkeeping, StartEstimate
from .local_time import EPOCH, MICROSECOND, moment, text_after
from .model import TaskStatus
from .past_runs import History


class Waiting(NamedTuple):
    """A task that waits in its type's queue, and its creation time in microseconds since 1970."""

    task_type: str
    task_id: str
    created_us: int


class _Stored(Struct):
    """The library's own part of a stored document."""

    bookkeeping: Bookkeeping | None = field(default=None, name="_")


_read = Decoder(_Stored).decode


def waiting(record: Body, stored: bytes) -> Waiting | None:
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
    return Waiting(record.task_type, record.task_id, created_us)


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
