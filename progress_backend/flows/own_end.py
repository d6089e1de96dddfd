"""Whether an end in Celery's result backend is a record's own; pure."""

from __future__ import annotations

from datetime import timedelta

from ..record.events import Cancelled, Completed, Event
from ..record.model import Task, TaskStatus
from ..settings import Settings
from .stored_record import ReadRecord

#: How far a worker's clock may be behind the store's; and the same where the result backend may
#: have an end of an earlier task with the record's id.
_SKEW, _REUSED_SKEW = timedelta(minutes=6), timedelta(minutes=1)


def own_end(base: ReadRecord, end: Event | None, settings: Settings) -> Event | None:
    """An end from the result backend as the record is to have it; None if it is that of an earlier
    task with the same id. The end's time is by its worker's clock, which may be wrong."""
    if end is None or not _of_this_life(base.task, end, settings):
        return None
    forgets = isinstance(end, Completed) and not base.task.keeps_results
    return end.replace(results={}) if forgets else end


def _of_this_life(task: Task, end: Event, settings: Settings) -> bool:
    if isinstance(end, Cancelled) and task.again_until:
        return False  # Celery stored REVOKED for a run that it ended by itself
    if end.at is None or task.created_at is None:
        return task.worker is not None
    if task.worker is not None:
        # An earlier task's record would still be there after its end, and have had an attempt.
        sent_again = task.attempt > 1 and task.attempt_started_at == task.started_at
        kept = max(timedelta(seconds=settings.retention_s), _SKEW)
        return end.at >= task.created_at - (_REUSED_SKEW if sent_again else kept)
    # A new record, or a planned one with the one write of `may_have_left`: clocks may differ.
    if task.revision <= 1 + task.planned:
        return end.at >= task.created_at - _SKEW
    # A task that was published again waits for its first run: an end with a skewed time is not
    # taken.
    recreated = task.status == TaskStatus.CREATED and task.attempt > 0
    return end.at >= task.created_at and not recreated
