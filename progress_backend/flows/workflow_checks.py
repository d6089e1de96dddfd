"""Flows of the check that go over whole workflows: requests to cancel, pause and resume them are
carried out, in steps, for members that write nothing by themselves; and planned members end where
nothing goes on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from ..operations import records, workflows
from ..operations.workflows import carried_out, waiting
from ..record.act import Action
from ..record.default_texts import text
from ..record.events import NeverPublished, WorkflowRequested
from ..record.model import NEVER_PUBLISHED, UPSTREAM, TaskStatus
from ..record.workflow import WorkflowCounts
from .flow import Flow
from .silent_runs import keeps
from .stored_record import ReadRecord, milliseconds, readable
from .task_flows import Records
from .task_lifetimes import UNENDED_S
from .workflows import STEP as MOST
from .workflows import commit_each, first

LOCK = "workflows"
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
#: Quiet workflows that one check reads.
_QUIET = 1_000


class Cursor(NamedTuple):
    """How far a request about a workflow is carried out: the members' status, and the creation time
    (µs) of the last one."""

    place: int = 0
    after_us: int = 0


def carry_out(
    flows: Records, workflow_id: str, act_id: str, cursor: Cursor, now: datetime
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
    directed = WorkflowRequested(workflow_id=workflow_id, act=found.act)
    behind = [b for b in readable(documents) if not _follows(b, workflow_id, act_id)]
    yield from commit_each(flows, behind, directed, now)
    return cursor._replace(after_us=step[-1][0])


def follow(
    flows: Records, workflow_id: str, act_id: str, now: Callable[[], datetime]
) -> Flow[None]:
    """Applies a request to all members of a workflow that write nothing by themselves."""
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        cursor = yield from carry_out(flows, workflow_id, act_id, cursor, now())


def _follows(base: ReadRecord, workflow_id: str, act_id: str) -> bool:
    member = base.task.member
    return member is None or member.act_for(workflow_id) == act_id


def acts(flows: Records, token: str) -> Flow[list[tuple[str, str]]]:
    """Requests for whole workflows that are not carried out yet, each with its workflow; under a
    lock."""
    if not (yield from keeps(flows.settings, token, LOCK)):
        return []
    return (yield from waiting(_ACTS))


def quiet(flows: Records, now: datetime, token: str) -> Flow[list[str]]:
    """Workflows in which nothing was written for a lease's time although members are planned, and
    only these are open; under a lock."""
    if not (yield from keeps(flows.settings, token, LOCK)):
        return []
    now_ms = milliseconds(now)
    before_ms = now_ms - int(flows.settings.lease_s * 1000)
    stuck: list[str] = []
    for workflow_id in (yield from workflows.quiet(before_ms, _QUIET)):
        found = yield from workflows.figures(workflow_id, now_ms)
        if found.only_planned and (found.changed_ms or 0) < before_ms:
            stuck.append(workflow_id)
        else:
            yield from workflows.looked(workflow_id, now_ms)
    return stuck


def end_quiet(flows: Records, workflow_id: str, now: datetime) -> Flow[bool]:
    """Ends a step of a quiet workflow's planned members; returns whether there may be more."""
    now_ms = milliseconds(now)
    found = yield from workflows.figures(workflow_id, now_ms)
    if not found.only_planned:
        return False
    planned = yield from first(workflow_id, None)
    waits = any(_waits(base, now_ms) for base in planned)
    if waits or (yield from _comes_again(found, workflow_id, now)):
        yield from workflows.looked(workflow_id, now_ms)
        return False
    done = yield from commit_each(flows, planned, _end(flows, found), now)
    if not (planned and done):
        yield from workflows.looked(workflow_id, now_ms)
    return done and len(planned) == MOST


def _waits(base: ReadRecord, now_ms: int) -> bool:
    """Whether tasks without a record may still run before a planned one."""
    member, written = base.task.member, base.task.updated_at
    if member is None or not member.unseen or written is None:
        return False
    return now_ms - milliseconds(written) < UNENDED_S * 1000


def _comes_again(found: WorkflowCounts, workflow_id: str, now: datetime) -> Flow[bool]:
    """Whether the broker may deliver the message of a failed member again: its run then publishes
    planned members. Of many failed members the first ones are checked."""
    if not found.count(TaskStatus.ERROR):
        return False
    failed = yield from first(workflow_id, TaskStatus.ERROR)
    until = [base.task.again_until for base in failed]
    return any(one is not None and one > now for one in until)


def _end(flows: Records, found: WorkflowCounts) -> NeverPublished:
    """The end of the planned members of a workflow that publishes no more messages."""
    failed, cancelled = found.count(TaskStatus.ERROR), found.count(TaskStatus.CANCELLED)
    return NeverPublished(
        error_message=text(flows.settings.locale, "never_published"),
        cause=UPSTREAM if failed or cancelled else NEVER_PUBLISHED,
        cancelled=bool(cancelled) and not failed,
    )
