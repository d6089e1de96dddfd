"""Flows that carry out the requests to cancel, pause and resume whole workflows: members that write
nothing by themselves get a request in steps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from ..operations import records, workflows
from ..operations.acts import carried_out, waiting
from ..record.act import Action
from ..record.events import Directed
from ..record.model import TaskStatus
from .flow import Flow
from .quiet_workflows import LOCK
from .silent_runs import keeps
from .stored_record import Base, milliseconds, readable
from .task_flows import Flows
from .workflows import commit_each

#: Members that get a request in one step: an API's event loop is busy for 4 ms with it.
STEP: Final = 20
#: Requests for whole workflows that one check carries out.
_ACTS = 1_000
#: The statuses of the members that get a request, in the order in which they get it.
_FOLLOWING: Final[Mapping[Action, tuple[str, ...]]] = {
    "cancel": (TaskStatus.CREATED, TaskStatus.PAUSED, TaskStatus.RUNNING),
    "pause": (TaskStatus.CREATED, TaskStatus.RUNNING),
    "resume": (TaskStatus.PAUSED,),
}


class Cursor(NamedTuple):
    """How far a request about a workflow is carried out: the members' status, and the creation time
    (µs) of the last one."""

    place: int = 0
    after_us: int = 0


def carry_out(
    flows: Flows, workflow_id: str, act_id: str, cursor: Cursor, now: datetime
) -> Flow[Cursor | None]:
    """Applies a request to a step of a workflow's members; returns where the next starts, None if
    all have it, or another replaced it. Members that write get it in their commits."""
    found = yield from workflows.figures(workflow_id, milliseconds(now))
    statuses = _FOLLOWING[found.act.action] if found.act and found.act.id == act_id else ()
    if found.act is None or cursor.place >= len(statuses):
        yield from carried_out(workflow_id, act_id)
        return None
    status = statuses[cursor.place]
    step = yield from workflows.oldest(workflow_id, status, STEP, cursor.after_us)
    if not step:
        return Cursor(cursor.place + 1)
    documents = yield from records.read([task_id for _, task_id in step])
    directed = Directed(workflow_id=workflow_id, act=found.act)
    behind = [b for b in readable(documents) if not _follows(b, workflow_id, act_id)]
    yield from commit_each(flows, behind, directed, now)
    return cursor._replace(after_us=step[-1][0])


def _follows(base: Base, workflow_id: str, act_id: str) -> bool:
    member = base.task.member
    return member is None or member.act_for(workflow_id) == act_id


def acts(flows: Flows, token: str) -> Flow[list[tuple[str, str]]]:
    """Requests for whole workflows that are not carried out yet, each with its workflow; under a
    lock."""
    if not (yield from keeps(flows.settings, token, LOCK)):
        return []
    return (yield from waiting(_ACTS))
