"""Steps of a pause: requested, acknowledged by the run, and ended."""

from __future__ import annotations

from .. import events as ev
from ..local_time import moment
from ..model import Task, TaskStatus, replace
from ..work import Work
from ..work import resumed as work_resumed
from .control import done, request, runs
from .scene import Scene
from .values import since_start_s, works


def paused(task: Task, event: ev.Paused, scene: Scene) -> Task:
    message = task.message if event.message is None else event.message
    return replace(task, message=message, control=request("pause", event, scene, runs(task)))


def acknowledged(task: Task, event: ev.Acknowledged, scene: Scene) -> Task:
    return task if task.asked is None else replace(task, control=done(task, scene))


def resumed(task: Task, event: ev.Resumed, scene: Scene) -> Task:
    message = task.message if event.message is None else event.message
    # A resumed task that has not started still waits in the queue.
    status = TaskStatus.CREATED if task.started_at is None else TaskStatus.RUNNING
    return replace(task, message=message, status=status, control=None, work=_resumed(task, scene))


def _resumed(task: Task, scene: Scene) -> Work | None:
    """The task's work after its pause, which began when the run acknowledged the request."""
    if works(task):
        return task.work
    at = since_start_s(task, scene.now)
    try:
        paused_at = moment((task.control or {})["acknowledged_at"])
    except (KeyError, TypeError, ValueError):  # a control of another program or version
        return work_resumed(task.work, 0.0, at)
    return work_resumed(task.work, since_start_s(task, paused_at), at)
