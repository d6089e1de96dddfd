"""Steps of remarks: one that is said of a task, and those that no longer hold."""

from __future__ import annotations

from .. import events as ev
from ..model import Remarks, Task, TaskStatus, replace
from .scene import Scene


def remarked(task: Task, event: ev.Remarked, scene: Scene) -> Task:
    known = task.remarks or Remarks()
    told = Remarks(*(before or new for before, new in zip(known, event.remarks, strict=True)))
    return task if told == known else replace(task, remarks=told)


def without_remarks(task: Task, event: ev.Event) -> Task:
    """The task after an event, whose remarks no longer hold. A run that has a new value has not
    stalled, but it may be late all the same."""
    if task.remarks is None or isinstance(event, ev.Remarked):
        return task
    late = task.remarks.late
    if late is None or task.status != TaskStatus.RUNNING or not isinstance(event, ev.Progressed):
        return replace(task, remarks=None)
    return task if task.remarks == (None, late) else replace(task, remarks=Remarks(late=late))
