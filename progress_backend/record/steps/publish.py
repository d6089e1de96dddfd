"""Steps of a publish: of a task without a record, and of one with a record."""

from __future__ import annotations

from typing import Any, Final

from .. import events as ev
from ..model import Member, Task, replace
from .context import NOTHING, Context, instant, name

#: Fields that a planned task keeps if its own message has no value for them.
_KEPT: Final = ("total_items", "symbol", "metadata", "owner", "traceparent")


def created(task: Task, event: ev.Created, context: Context) -> Task:
    """A first record, or a new publish of an ended task: attempt and revision continue."""
    return replace(
        NOTHING,
        **_recorded(event.identity),
        task_id=context.task_id,
        member=joined(task.member, event.identity.member),
        created_at=context.now,
        attempt=task.attempt,
        revision=task.revision,
        checkpoint=task.checkpoint,
        eta=instant(event.eta, context),
        expires=instant(event.expires, context),
        results={},
        processing_details={},
    )


def _recorded(identity: ev.Identity) -> dict[str, Any]:
    """An identity as a task has it, but for its place in workflows."""
    about = identity._asdict()
    del about["member"]
    return about | {
        "task_type": name(identity.task_type),
        "total_items": identity.total_items or None,  # 0 is unknown, here and below
        "symbol": None if identity.symbol is None else name(identity.symbol),
        "metadata": dict(identity.metadata),
    }


def repeated(task: Task, event: ev.Repeated, context: Context) -> Task:
    return replace(task, again_by=event.task_id)


def joined(known: Member | None, given: Member | None) -> Member | None:
    """A task's place in workflows after its publish. Its share continues in a workflow that it was
    in before."""
    if given is None or known is None:
        return given if known is None else known._replace(planned=False)
    counted = set(known.workflows) & set(given.workflows)
    acts = tuple(known.act_for(workflow_id) for workflow_id in given.workflows)
    return given._replace(share=known.share if counted else 0, acts=acts if any(acts) else ())


def adopted(task: Task, event: ev.Created, context: Context) -> Task:
    """The task is published, and has a record already: one that was planned, or made by HTTP, for
    example."""
    identity = event.identity
    if task.planned:
        about = _recorded(identity)
        kept = {given: getattr(task, given) for given in _KEPT if not about[given]}
        task = replace(task, **about | kept)
    elif identity.owner is not None and task.owner is None:
        task = replace(task, owner=identity.owner)
    if identity.again is not None:
        task = replace(task, again=identity.again)
    if identity.member is not None and (task.member is None or task.member.planned):
        task = replace(task, member=joined(task.member, identity.member))
    if task.root_id is None and identity.root_id is not None:
        # With it the record counts as published: one without a publish is kept for less time.
        task = replace(task, root_id=identity.root_id)
    eta, expires = instant(event.eta, context), instant(event.expires, context)
    if (eta, expires) == (task.eta, task.expires):
        return task
    return replace(task, eta=eta, expires=expires, again_s=None, again_until=None)
