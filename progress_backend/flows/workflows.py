"""Flows about whole workflows: commits of one event to several members, and their ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..errors import TaskNotFound
from ..operations import records, workflows
from ..record.default_texts import text
from ..record.events import Event, Identity, Planned, Unreached
from ..record.model import NEVER_PUBLISHED, UPSTREAM, Member, TaskStatus
from ..record.steps.members import was_unreached
from ..record.workflow import Figures
from .flow import Flow
from .gather import together
from .silent_runs import keeps, readable
from .stored_record import Base, milliseconds
from .task_flows import Flows
from .task_lifetimes import UNENDED_S

#: Quiet workflows that one check reads.
_QUIET = 1_000
#: Planned records that end in one step.
STEP = 100
LOCK = "workflows"
#: How often a commit is tried, each time by `Flows.apply` with its own tries.
_TRIES = 3


def end_planned(flows: Flows, task_ids: Sequence[str], end: Unreached, now: datetime) -> Flow[int]:
    """Ends those of the records that are not published; returns how many there were."""
    documents = yield from records.read(task_ids)
    bases = readable(documents)
    planned = [base for base in bases if base.task.planned or was_unreached(base.task)]
    yield from commit_each(flows, planned, end, now)
    return len(planned)


def may_have_left(flows: Flows, workflow_id: str, now: datetime) -> Flow[None]:
    """Lets planned members of a workflow wait for days before a check ends them: their messages may
    have been published by a process that could not record the success of the task before them."""
    planned = yield from _first(workflow_id, None)
    identity = Identity("", member=Member((workflow_id,), unseen=True))
    yield from commit_each(flows, planned, Planned(identity=identity, sent_again=False), now)


def _first(workflow_id: str, status: str | None) -> Flow[list[Base]]:
    """The records of a step of a workflow's members with a status; None: of the planned ones."""
    step = yield from workflows.oldest(workflow_id, status, STEP)
    documents = yield from records.read([task_id for _, task_id in step])
    return [base for base in readable(documents) if status or base.task.planned]


def quiet(flows: Flows, now: datetime, token: str) -> Flow[list[str]]:
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


def end_quiet(flows: Flows, workflow_id: str, now: datetime) -> Flow[bool]:
    """Ends a step of a quiet workflow's planned members; returns whether there may be more."""
    now_ms = milliseconds(now)
    found = yield from workflows.figures(workflow_id, now_ms)
    if not found.only_planned:
        return False
    planned = yield from _first(workflow_id, None)
    waits = any(_waits(base, now_ms) for base in planned)
    if waits or (yield from _comes_again(found, workflow_id, now)):
        yield from workflows.looked(workflow_id, now_ms)
        return False
    done = yield from commit_each(flows, planned, _end(flows, found), now)
    if not (planned and done):
        yield from workflows.looked(workflow_id, now_ms)
    return done and len(planned) == STEP


def _waits(base: Base, now_ms: int) -> bool:
    """Whether tasks without a record may still run before a planned one."""
    member, written = base.task.member, base.task.updated_at
    if member is None or not member.unseen or written is None:
        return False
    return now_ms - milliseconds(written) < UNENDED_S * 1000


def _comes_again(found: Figures, workflow_id: str, now: datetime) -> Flow[bool]:
    """Whether the broker may deliver the message of a failed member again: its run then publishes
    planned members. Of many failed members the first ones are checked."""
    if not found.count(TaskStatus.ERROR):
        return False
    failed = yield from _first(workflow_id, TaskStatus.ERROR)
    until = [base.task.again_until for base in failed]
    return any(one is not None and one > now for one in until)


def _end(flows: Flows, found: Figures) -> Unreached:
    """The end of the planned members of a workflow that publishes no more messages."""
    failed, cancelled = found.count(TaskStatus.ERROR), found.count(TaskStatus.CANCELLED)
    return Unreached(
        error_message=text(flows.settings.locale, "never_published"),
        cause=UPSTREAM if failed or cancelled else NEVER_PUBLISHED,
        cancelled=bool(cancelled) and not failed,
    )


def commit_each(flows: Flows, bases: Sequence[Base], event: Event, now: datetime) -> Flow[bool]:
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
