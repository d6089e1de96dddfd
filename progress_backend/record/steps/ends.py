"""Steps of a task's end: completed, failed, lost, cancelled."""

from __future__ import annotations

from .. import events as ev
from .. import redelivery
from ..default_texts import given, text
from ..model import LOST, Task, TaskStatus, replace
from ..work import average
from .context import Context, reopened
from .control import BY_ITSELF, done, forced, request, runs
from .publish import created
from .values import counted, since_start_s


def completed(task: Task, event: ev.Completed, context: Context) -> Task:
    # The last count is kept, whatever the total.
    current = task.current_items if event.current is None else event.current
    total = task.total_items or current
    done = total if not current and event.current is None else current  # it has counted nothing
    work = counted(task, done, context)[0]
    took_s = since_start_s(task, context.now)
    return replace(
        reopened(task),
        current_items=current,
        total_items=total,
        message=_text(event.message, context, "completed"),
        results={**task.results, **event.results},
        checkpoint=None,
        completed_at=context.now,
        # The average of the run; since its start where its values have counted nothing.
        rate=work.average or average(done, took_s),
        work=work,
        control=forced(task, event, context),
    )


def failed(task: Task, event: ev.Failed, context: Context) -> Task:
    until = redelivery.after_failure(task, event.cause, context.at, context.lease_s, event.again_s)
    default = redelivery.failure_text(context.locale, event.cause, context.at, until)
    return replace(
        task,
        current_items=task.current_items if event.current is None else event.current,
        message=default if event.message is None else event.message,
        error_message=given(event.error_message) if event.given else event.error_message,
        error_cause=event.cause,
        again_until=until,
        results={**task.results, **event.results},
        completed_at=context.now,
        control=forced(task, event, context),
    )


def not_published(task: Task, event: ev.Failed, context: Context) -> Task:
    """A task without a record that could not be published: the store was unreachable too."""
    assert event.identity is not None
    return failed(created(task, ev.Created(identity=event.identity), context), event, context)


def cancelled(task: Task, event: ev.Cancelled, context: Context) -> Task:
    # Celery and the task itself cancel a run that is over: no request is needed.
    asks = runs(task) and event.by not in BY_ITSELF
    return replace(
        reopened(task),
        message=_text(event.message, context, "cancelled"),
        completed_at=context.now,
        control=request("cancel", event, context, asks),
    )


def lost(task: Task, event: ev.Lost, context: Context) -> Task:
    until = None
    if event.lease is not None:  # else the message is not delivered again any more
        until = redelivery.until(task, context.at, context.lease_s)
    cause = "" if event.living else LOST
    message = redelivery.failure_text(context.locale, cause, context.at, until)
    failure = ev.Failed(error_message=event.error_message, cause=LOST, message=message)
    after = failed(task, failure, context)
    if task.status == TaskStatus.PAUSED:  # it is paused again after RunRegained
        after = replace(after, control=done(task, context))
    return replace(after, again_until=until)


def expired(task: Task, event: ev.Expired, context: Context) -> Task:
    message = text(context.locale, "expired")
    return cancelled(task, ev.Cancelled(message=message, by="celery", reason="expired"), context)


def ignored(task: Task, event: ev.Ignored, context: Context) -> Task:
    return cancelled(task, ev.Cancelled(by="celery", reason=ev.IGNORED), context)


def _text(given: str | None, context: Context, key: str) -> str:
    return text(context.locale, key) if given is None else given
