"""Steps of a message that is in the queue again: for a retry, or without a worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from .. import events as ev
from .. import redelivery
from ..default_texts import retry_text
from ..model import Task, replace
from .control import done
from .scene import Context, instant, reopened


def retried(task: Task, event: ev.Retried, scene: Context) -> Task:
    message = task.message
    if event.message is not None:
        limit = None if event.limit is None else event.limit + 1  # the first run is no retry
        message = retry_text(
            scene.locale, event.retries + 1, limit, event.eta, scene.now, event.message
        )
    task = _queued(task, event.eta, scene)
    return replace(task, message=message, retries=event.retries)


def requeued(task: Task, event: ev.Requeued, scene: Context) -> Task:
    held = task.worker is not None and not task.ended
    if held and event.retries is not None and event.retries <= task.retries:
        return task  # the event is late: the published run has started
    if event.again_s is None:
        # A record without a worker has its next message: that step of the canvas was faster.
        planned = event.planned and task.worker is not None
        member = task.member and task.member._replace(planned=planned)
        return replace(_queued(task, event.eta, scene), member=member)
    if task.worker is None:
        return task
    until = scene.at + timedelta(seconds=redelivery.seconds(event.again_s, scene.lease_s))
    return replace(_unheld(task, scene), again_until=until)


def _queued(task: Task, eta: datetime | None, scene: Context) -> Task:
    """The task while its message waits in the queue for the next run. If a time of the message is
    known, `eta` is set, which a running task does not have."""
    known = (task.eta, task.expires, task.again_s, task.again_until) != (None,) * 4
    eta = instant(eta, scene) or (scene.now if known or task.lost_runs else None)
    return replace(_unheld(task, scene), eta=eta, again_s=None, lost_runs=0)


def _unheld(task: Task, scene: Context) -> Task:
    """The task without a worker, until its message starts a run."""
    return replace(
        reopened(task),
        worker=None,
        control=done(task, scene),
        rate=None,
        work=None,
        usual=None,
    )
