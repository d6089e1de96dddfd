"""Flows that end the planned members of workflows in which nothing goes on. Pure."""

from __future__ import annotations

from datetime import datetime

from ..operations import workflows
from ..record.default_texts import text
from ..record.events import Unreached
from ..record.model import NEVER_PUBLISHED, UPSTREAM, TaskStatus
from ..record.workflow import Figures
from .flow import Flow
from .silent_runs import keeps
from .stored_record import Base, milliseconds
from .task_flows import Flows
from .task_lifetimes import UNENDED_S
from .workflows import STEP, commit_each, first

#: Quiet workflows that one check reads.
_QUIET = 1_000
LOCK = "workflows"


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
    planned = yield from first(workflow_id, None)
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
    failed = yield from first(workflow_id, TaskStatus.ERROR)
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
