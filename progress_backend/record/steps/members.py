"""Steps of a workflow's members: planned before their publish, and requests for all of them."""

from __future__ import annotations

from .. import events as ev
from ..model import NOT_PUBLISHED, UNREACHED, Task, TaskStatus, replace
from .context import SKEW, Context
from .ends import cancelled, failed
from .pauses import paused, resumed
from .publish import created, joined


def planned(task: Task, event: ev.Planned, context: Context) -> Task:
    """A first record before the task is published; a record that had ended starts again, since its
    canvas was published again."""
    since = context.at if event.at is None else context.at - SKEW
    late = task.completed_at is None or task.completed_at >= since
    if task.ended and (late or not event.sent_again):
        return task  # it ended since then, or its canvas only continues
    after = created(task, ev.Created(identity=event.identity), context)
    if after.member is None:
        return after
    return replace(after, member=after.member._replace(planned=True))


def planned_before(task: Task, event: ev.Planned, context: Context) -> Task:
    """A planned task is named once more: untracked tasks may run before it, after all."""
    given = event.identity.member
    if task.member is None or given is None or not (task.planned and given.unseen):
        return task
    return task if task.member.unseen else replace(task, member=task.member._replace(unseen=True))


def unreached(task: Task, event: ev.NeverPublished, context: Context) -> Task:
    if event.cancelled:
        end = ev.Cancelled(message=event.error_message, by="celery", reason=event.cause)
        return replace(cancelled(task, end, context), status=TaskStatus.CANCELLED)
    failure = ev.Failed(error_message=event.error_message, cause=event.cause)
    return replace(failed(task, failure, context), status=TaskStatus.ERROR)


def was_unreached(task: Task) -> bool:
    """Whether a record ended because its task was not going to be published: it starts again if it
    is published after all."""
    if task.member is None or not task.member.planned:
        return False
    control = task.control or {}
    # A worker may forget a revoke, and run the task: then only the result backend has the revoke.
    reasons = (*UNREACHED, ev.STORED)
    by_celery = control.get("by") == "celery" and control.get("reason") in reasons
    return by_celery or task.error_cause in (*UNREACHED, NOT_PUBLISHED)


def created_again(task: Task, event: ev.Created, context: Context) -> Task:
    """A task with an ended record is published: it starts again, unless a caller ended it before
    its publish: then the message starts no run."""
    if task.member is not None and task.member.planned and not was_unreached(task):
        return replace(task, member=task.member._replace(planned=False))
    return created(task, event, context)


def published_in_a_pause(task: Task, event: ev.Created, context: Context) -> Task:
    """A paused, planned task is published."""
    if not task.planned:
        return task
    return replace(task, member=joined(task.member, event.identity.member))


def directed(task: Task, event: ev.WorkflowRequested, context: Context) -> Task:
    """Applies a request for a whole workflow to one member; a record that has ended only notes
    it."""
    act, member = event.act, task.member
    if member is None or event.workflow_id not in member.workflows:
        return task
    if member.act_for(event.workflow_id) == act.id:
        return task
    task = replace(task, member=member.replace(event.workflow_id, act.id))
    if task.ended:
        return task
    if act.action == "cancel":
        end = ev.Cancelled(by=act.by, reason=act.reason)
        return replace(cancelled(task, end, context), status=TaskStatus.CANCELLED)
    if act.action == "pause" and task.status != TaskStatus.PAUSED:
        pause = ev.Paused(by=act.by, reason=act.reason)
        return replace(paused(task, pause, context), status=TaskStatus.PAUSED)
    if act.action == "resume" and task.status == TaskStatus.PAUSED:
        return resumed(task, ev.Resumed(), context)
    return task
