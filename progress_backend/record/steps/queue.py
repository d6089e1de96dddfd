"""Steps of a message that is in the queue again: for a retry, or without a worker."""

from __future__ import annotations

from datetime import timedelta

from .. import events as ev
from .. import redelivery
from ..default_texts import retry_text
from ..model import Delivery, Task, replace
from .control import done
from .delivery import again_until, queued, reopened
from .scene import Scene


def retried(task: Task, event: ev.Retried, scene: Scene) -> Task:
    message = task.message
    if event.message is not None:
        limit = None if event.limit is None else event.limit + 1  # the first run is no retry
        message = retry_text(
            scene.locale, event.retries + 1, limit, event.eta, scene.now, event.message
        )
    task = _unheld(task, queued(task.delivery, event.eta, scene), scene)
    return replace(task, message=message, retries=event.retries)


def requeued(task: Task, event: ev.Requeued, scene: Scene) -> Task:
    held = task.worker is not None and not task.ended
    if held and event.retries is not None and event.retries <= task.retries:
        return task  # the event is late: the run that was published has begun
    if event.again_s is None:
        return _unheld(task, queued(task.delivery, event.eta, scene), scene)
    if task.worker is None:
        return task
    until = scene.at + timedelta(seconds=redelivery.seconds(event.again_s, scene.lease_s))
    return _unheld(task, again_until(task.delivery, until), scene)


def _unheld(task: Task, delivery: Delivery | None, scene: Scene) -> Task:
    """The task without a worker, until its message begins a run."""
    return replace(
        reopened(task),
        worker=None,
        delivery=delivery,
        control=done(task, scene),
        rate=None,
        work=None,
        usual=None,
    )
