"""The step of a run that starts."""

from __future__ import annotations

from .. import events as ev
from .. import redelivery
from ..default_texts import retry_begun, text
from ..local_time import MILLISECOND
from ..model import Task, TaskStatus, replace
from .context import Context, name, reopened
from .publish import created, joined


def started(task: Task, event: ev.Started, context: Context) -> Task:
    waited_ms = wait_ms(task, context)
    if task.created_at is None:
        task = created(task, ev.Created(identity=event.identity), context)
    if _taken_before(task, event, context):
        return task
    identity = event.identity
    lost_runs = redelivery.lost_runs(task, event)
    return replace(
        reopened(task),
        message=_message(task, event, lost_runs, context),
        # The publishing process may not have the task's code, nor its marking's functions.
        symbol=task.symbol or (None if identity.symbol is None else name(identity.symbol)),
        total_items=task.total_items or identity.total_items or None,
        metadata=task.metadata or dict(identity.metadata),
        attempt=task.attempt + 1,
        attempt_started_at=context.now,
        worker=event.worker,
        eta=None,
        again_s=event.again_s,
        lost_runs=lost_runs,
        retries=event.retries,
        started_at=task.started_at or context.now,
        waited_ms=waited_ms,
        parent_id=task.parent_id or identity.parent_id,
        root_id=task.root_id or identity.root_id,
        group_id=task.group_id or identity.group_id,
        member=joined(task.member, identity.member),
        keeps_results=identity.keeps_results,
        expect_s=identity.expect_s or task.expect_s,
        stall_s=identity.stall_s or task.stall_s,
        owner=task.owner or identity.owner,
        traceparent=identity.traceparent or task.traceparent,
        current_items=0,
        results={},
        processing_details={},
        links=(),
        rate=None,
        work=None,
        usual=None,
        control=None if task.ended else task.control,
    )


def _message(task: Task, event: ev.Started, lost_runs: int, context: Context) -> str:
    if lost_runs:
        key = "started_after_loss" if lost_runs == 1 else "started_after_losses"
        return text(context.locale, key, number=task.attempt + 1, lost=lost_runs)
    return (
        retry_begun(context.locale, task.message, task.message_code)
        if event.retries
        else task.message
    )


def wait_ms(task: Task, context: Context) -> int | None:
    """Milliseconds that a task has waited at its first start: since its creation; a workflow's step
    since its last change, which is its publish."""
    if task.started_at is not None or task.created_at is None:
        return task.waited_ms
    since = (task.member and task.updated_at) or task.created_at
    if task.eta is not None:
        since = max(since, task.eta)
    return max((context.now - since) // MILLISECOND, 0)


def _taken_before(task: Task, event: ev.Started, context: Context) -> bool:
    """Whether this start is recorded already: Redis may have taken it before its reply was lost. An
    eager run without a worker may be retried within the millisecond."""
    if event.at is None or event.worker != task.worker:
        return False
    if task.status not in (TaskStatus.RUNNING, TaskStatus.PAUSED):
        return False  # the same millisecond, but not this start
    if event.worker is None and task.attempt <= event.retries:
        return False
    return task.updated_at == context.now <= event.at
