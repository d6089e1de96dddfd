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
    return replace(
        reopened(task),
        message=message,
        retries=event.retries,
        worker=None,
        delivery=queued(task.delivery, event.eta, scene),
        control=done(task, scene),
        rate=None,
        work=None,
        usual=None,
    )


def requeued(task: Task, event: ev.Requeued, scene: Scene) -> Task:
    held = task.worker is not None and not task.ended
    if held and event.retries is not None and event.retries <= task.retries:
        return task  # the event is late: the run that was published has begun
    if event.again_s is not None:
        return task if task.worker is None else _let_go(task, event.again_s, scene)
    delivery = queued(task.delivery, event.eta, scene)
    return _unheld(task, delivery, scene)


def _let_go(task: Task, again_s: float, scene: Scene) -> Task:
    """The task has no worker until its message is delivered again."""
    until = scene.at + timedelta(seconds=redelivery.seconds(again_s, scene.lease_s))
    return _unheld(task, again_until(task.delivery, until), scene)


def _unheld(task: Task, delivery: Delivery | None, scene: Scene) -> Task:
    control = done(task, scene)
    return replace(
        reopened(task),
        worker=None,
        delivery=delivery,
        control=control,
        rate=None,
        work=None,
        usual=None,
    )
