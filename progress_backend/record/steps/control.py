"""The control of a record: a caller's request to the run, and whether it is carried out."""

from __future__ import annotations

from typing import Any, Final

from .. import events as ev
from ..model import Task, rendered
from .context import Context

#: `by` of cancels that Celery and the task itself record.
BY_ITSELF: Final = ("celery", "task")


def request(
    action: str, event: ev.Paused | ev.Cancelled | ev.EndRequest, context: Context, asks: bool
) -> dict[str, Any]:
    """A caller's request as it is recorded. `asks`: a worker has to carry it out first."""
    at = rendered(context.now)
    return {
        "action": action,
        "by": event.by,
        "reason": event.reason,
        "at": at,
        "acknowledged_at": None if asks else at,
    }


def forced(task: Task, end: ev.Completed | ev.Failed, context: Context) -> dict[str, Any] | None:
    """The control of a record that a caller ended by force; None for another end."""
    if end.asked is None or not end.asked.force:
        return None
    return request("end", end.asked, context, runs(task))


def is_by_caller(task: Task) -> bool:
    """Whether a caller has made the record's request, not Celery nor the task itself."""
    return task.control is not None and task.control.get("by") not in BY_ITSELF


def is_unasked(task: Task) -> bool:
    """Whether no caller is known to have requested a record's cancel: a copy of the message was
    discarded, the result backend has REVOKED, or the run raised Ignore. A run may go on then, and
    Celery keeps its SUCCESS."""
    control = task.control or {}
    return control.get("by") == "celery" and control.get("reason") != ev.TERMINATED


def done(task: Task, context: Context) -> dict[str, Any] | None:
    """The task's control as carried out: the run waits, or there is no run any more."""
    if task.control is None or task.requested is None:
        return task.control
    return {**task.control, "acknowledged_at": rendered(context.now)}


def runs(task: Task) -> bool:
    """Whether a worker runs the task, which has to receive a request first."""
    return task.worker is not None and not task.ended
