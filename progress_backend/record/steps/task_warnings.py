"""Steps of warnings: one that is new, and those that no longer hold."""

from __future__ import annotations

from .. import events as ev
from ..model import Task, TaskStatus, Warnings, replace
from .context import Context, instant


def warned(task: Task, event: ev.Warned, context: Context) -> Task:
    known = task.warnings or Warnings()
    new = (instant(time, context) for time in event.warnings)
    found = Warnings(*(before or time for before, time in zip(known, new, strict=True)))
    return task if found == known else replace(task, warnings=found)


def without_warnings(task: Task, event: ev.Event) -> Task:
    """The task after an event, without the warnings that no longer hold. A run with a new value has
    not stalled, but it may be late all the same; one that a request has ended stays as it is until
    it is over."""
    if task.warnings is None or isinstance(event, ev.Warned):
        return task
    by_request = isinstance(event, (ev.Cancelled, ev.Completed, ev.Failed, ev.WorkflowRequested))
    if by_request and task.requested in ("cancel", "end"):
        return task
    late = task.warnings.late
    if late is None or task.status != TaskStatus.RUNNING or not isinstance(event, ev.Progressed):
        return replace(task, warnings=None)
    return task if task.warnings == (None, late) else replace(task, warnings=Warnings(late=late))
