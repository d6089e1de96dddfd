"""Lifetimes of records: when cleanup may delete one, and its document's TTL in Redis. Pure."""

from __future__ import annotations

from ..record import estimate
from ..record.model import Task, TaskStatus
from ..record.redelivery import seconds
from ..settings import Settings
from .stored_record import milliseconds

#: Seconds for which a record without an end is kept after its last write.
UNENDED_S = 7 * 86_400
#: Least TTL of a member's document, if no cleanup deletes it before: the members of a workflow are
#: deleted together.
MEMBER_TTL_MS = 30 * 86_400_000


def ttl_ms(due_ms: int, now_ms: int, settings: Settings) -> int:
    """The document's TTL: it outlives the next cleanup, which deletes it together with its
    index entries."""
    return due_ms - now_ms + int(settings.cleanup_interval_s * 1000) + 60_000


def document_ttl_ms(task: Task, due_ms: int, now_ms: int, settings: Settings) -> int:
    """The TTL of a task's document, which cleanup may delete from `due_ms` on."""
    least = MEMBER_TTL_MS if task.member is not None else 0
    return max(ttl_ms(due_ms, now_ms, settings), least)


def due_ms(task: Task, now_ms: int, settings: Settings) -> int:
    """The time from which cleanup may delete the task, if now is its last write; never before
    its `eta` or `expires`."""
    waits_ms = now_ms
    for time in (task.eta, task.expires):
        waits_ms = max(waits_ms, milliseconds(time) if time else 0)
    if task.ended:
        ended_ms = milliseconds(task.completed_at) if task.completed_at else now_ms
        kept_ms = max(ended_ms, now_ms) + int(settings.retention_s * 1000)
        if _may_still_come(task):
            kept_ms = max(kept_ms, ended_ms + UNENDED_S * 1000, waits_ms + UNENDED_S * 1000)
        return max(kept_ms, _again_ms(task, max(ended_ms, now_ms), settings))
    if task.status == TaskStatus.CREATED and task.root_id is None and task.member is None:
        # It was not published when it was created, and no run has started.
        return waits_ms + int(settings.unstarted_s * 1000)
    expected_s = estimate.remaining_seconds(task) or 0
    return waits_ms + int((expected_s + UNENDED_S) * 1000)


def _again_ms(task: Task, ended_ms: int, settings: Settings) -> int:
    """Time until which the message of an ended task may be delivered again, for which the record
    has to exist."""
    if task.again_until is not None:
        return milliseconds(task.again_until)
    if task.status != TaskStatus.CANCELLED or task.again_s is None:
        return 0
    return ended_ms + int(seconds(task.again_s, settings.lease_s) * 1000)


def _may_still_come(task: Task) -> bool:
    """Whether a cancelled task's message may still be delivered: then the record has to exist, so
    that no run starts. A worker that cancelled the task itself has had the message."""
    by_celery = task.control is not None and task.control.get("by") == "celery"
    never_began = task.started_at is None and task.root_id is not None
    stopped = task.status == TaskStatus.CANCELLED or task.forced
    return stopped and never_began and not by_celery
