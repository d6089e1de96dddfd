"""Flows about whole workflows: commits of one event to several members. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..errors import TaskNotFound
from ..operations import records, workflows
from ..record.events import Event, Identity, NeverPublished, Planned
from ..record.model import Member
from ..record.steps.members import was_unreached
from .flow import Flow, together
from .stored_record import ReadRecord, readable
from .task_flows import Records

#: Planned records that end in one step.
STEP = 100
#: How often a commit is tried, each time by `Records.apply` with its own tries.
_TRIES = 3


def end_planned(
    flows: Records, task_ids: Sequence[str], end: NeverPublished, now: datetime
) -> Flow[int]:
    """Ends those of the records that are not published; returns how many there were."""
    documents = yield from records.read(task_ids)
    bases = readable(documents)
    planned = [base for base in bases if base.task.planned or was_unreached(base.task)]
    yield from commit_each(flows, planned, end, now)
    return len(planned)


def may_have_left(flows: Records, workflow_id: str, now: datetime) -> Flow[None]:
    """Lets planned members of a workflow wait for days before a check ends them: their messages may
    have been published by a process that could not record the success of the task before them."""
    planned = yield from first(workflow_id, None)
    identity = Identity("", member=Member((workflow_id,), unseen=True))
    yield from commit_each(flows, planned, Planned(identity=identity, sent_again=False), now)


def first(workflow_id: str, status: str | None) -> Flow[list[ReadRecord]]:
    """The records of a step of a workflow's members with a status; None: of the planned ones."""
    step = yield from workflows.oldest(workflow_id, status, STEP)
    documents = yield from records.read([task_id for _, task_id in step])
    return [base for base in readable(documents) if status or base.task.planned]


def commit_each(
    flows: Records, bases: Sequence[ReadRecord], event: Event, now: datetime
) -> Flow[bool]:
    """Records an event of each of these records; returns whether all are recorded. Commits that
    fail in each try are logged; a deleted record needs none."""
    known = {base.task.task_id: base for base in bases}
    failed: dict[str, Exception] = {}
    for _ in range(_TRIES):
        steps = [flows.apply(i, (event,), now, base=b, clip=True) for i, b in known.items()]
        outcomes = zip(known, (yield from together(steps)), strict=True)
        failed = {i: one for i, one in outcomes if isinstance(one, Exception)}
        failed = {i: one for i, one in failed.items() if not isinstance(one, TaskNotFound)}
        if not failed:
            return True
        known = {i: known[i] for i in failed}
    what = f"{type(event).__name__} is not recorded of a workflow's member"
    for task_id, error in failed.items():
        flows.fault(what, error, task_id)
    return False
