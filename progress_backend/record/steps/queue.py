"""Steps of a message that is in the queue again: for a retry, or without a worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from .. import events as ev
from .. import redelivery
from ..default_texts import retry_text
from ..model import Task, replace
from .context import Context, instant, reopened
from .control import done


def retried(task: Task, event: ev.Retried, context: Context) -> Task:
    message = task.message
    if event.message is not None:
        limit = None if event.limit is None else event.limit + 1  # the first run is no retry
        message = retry_text(
            context.locale, event.retries + 1, limit, event.eta, context.now, event.message
        )
    task = _queued(task, event.eta, context)
    return replace(task, message=message, retries=event.retries)


def requeued(task: Task, event: ev.Requeued, context: Context) -> Task:
    held = task.worker is not None and not task.ended
    if held and event.retries is not None and event.retries <= task.retries:
        return task  # the event is late: the published run has started
    if event.again_s is None:
        # A record without a worker has its next message: that step of the canvas was faster.
        planned = event.planned and task.worker is not None
        member = task.member and task.member._replace(planned=planned)
        return replace(_queued(task, event.eta, context), member=member)
    if task.worker is None:
        return task
    until = context.at + timedelta(seconds=redelivery.seconds(event.again_s, context.lease_s))
    return replace(_unheld(task, context), again_until=until)


def _queued(task: Task, eta: datetime | None, context: Context) -> Task:
    """The task while its message waits in the queue for the next run. If a time of the message is
    known, `eta` is set, which a running task does not have."""
    known = (task.eta, task.expires, task.again_s, task.again_until) != (None,) * 4
    eta = instant(eta, context) or (context.now if known or task.lost_runs else None)
    return replace(_unheld(task, context), eta=eta, again_s=None, lost_runs=0)


def _unheld(task: Task, context: Context) -> Task:
    """The task without a worker, until its message starts a run."""
    return replace(
        reopened(task),
        worker=None,
        control=done(task, context),
        rate=None,
        work=None,
        usual=None,
    )
