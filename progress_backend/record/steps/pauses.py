"""Steps of a pause: requested, acknowledged by the run, and ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .. import events as ev
from ..local_time import moment
from ..model import Task, TaskStatus, rendered, replace
from ..work import Work
from ..work import resumed as work_resumed
from .context import Context
from .control import done, request, runs
from .values import since_start_s, works


def paused(task: Task, event: ev.Paused, context: Context) -> Task:
    message = task.message if event.message is None else event.message
    control = request("pause", event, context, runs(task))
    if event.message is not None:
        control["message"] = event.message
    return replace(task, message=message, control=control | _second_run(task))


def acknowledged(task: Task, event: ev.Acknowledged, context: Context) -> Task:
    if task.requested is None:
        return task
    second = _second_run(task) if task.status == TaskStatus.PAUSED else {}
    return replace(task, control=(done(task, context) or {}) | second, warnings=None)


def _second_run(task: Task) -> dict[str, Any]:
    """When the broker delivers the message of a run once more, to a second run, if it still waits
    then; nothing where it does not, or the time is not known."""
    if task.worker is None or not task.again_s or task.attempt_started_at is None:
        return {}
    at = task.attempt_started_at + timedelta(seconds=task.again_s)
    return {"second_run_at": rendered(at)}


def resumed(task: Task, event: ev.Resumed, context: Context) -> Task:
    message = task.message if event.message is None else event.message
    # A resumed task that has not started still waits in the queue.
    status = TaskStatus.CREATED if task.started_at is None else TaskStatus.RUNNING
    return replace(task, message=message, status=status, control=None, work=_resumed(task, context))


def _resumed(task: Task, context: Context) -> Work | None:
    """The task's work after its pause, which began when the run acknowledged the request."""
    if works(task):
        return task.work
    at = since_start_s(task, context.now)
    try:
        paused_at = moment((task.control or {})["acknowledged_at"])
    except (KeyError, TypeError, ValueError):  # a control of another program or version
        return work_resumed(task.work, 0.0, at)
    return work_resumed(task.work, since_start_s(task, paused_at), at)
