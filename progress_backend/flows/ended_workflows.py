"""Stores the webhook events of workflows that have ended. A flow; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ..operations import webhooks, workflows
from ..record import webhook_event
from ..record.document import written
from ..record.local_time import optional_moment
from ..record.webhook_target import WORKFLOW, Target
from ..record.workflow import WorkflowCounts
from .flow import Flow
from .stored_record import milliseconds
from .task_flows import Records
from .workflow_bodies import body_of

#: Workflows that are checked in one step.
_LOOKED: Final = 100
#: Milliseconds until a workflow is checked again in which only a publish is in progress: no
#: member's commit marks the publish's end.
_PUBLISHING_MS: Final = 5_000


def ended_workflows(
    flows: Records, targets: Sequence[Target], now: datetime, lease_ms: float
) -> Flow[int]:
    """Stores the events of workflows that have ended since the last check; returns how many
    workflows were checked. `lease_ms`: for how long no other sender checks them, more than
    `_PUBLISHING_MS`, and never the same in two checks at one moment."""
    now_ms = milliseconds(now)
    free_ms = now_ms + lease_ms
    found = yield from webhooks.may_have_ended(now_ms, free_ms, _LOOKED)
    again = []
    for workflow_id in found:
        figures = yield from workflows.figures(workflow_id, now_ms)
        if figures.total and not figures.open:
            if notices := (yield from _of_workflow(flows, targets, workflow_id, figures, now)):
                yield from webhooks.store(workflow_id, notices)
        elif figures.publishers and figures.open == figures.publishers:
            again.append(workflow_id)
    if found:
        yield from webhooks.looked(free_ms, again, now_ms + _PUBLISHING_MS)
    return len(found)


def _of_workflow(
    flows: Records,
    targets: Sequence[Target],
    workflow_id: str,
    figures: WorkflowCounts,
    now: datetime,
) -> Flow[tuple[webhooks.Notice, ...]]:
    kind, owner = figures.status, None
    for named in sorted({one for target in targets for one in target.owner}):
        total, own = yield from workflows.owned(workflow_id, named)
        if total == own:
            owner = named
    names = [target.name for target in targets if target.wants(WORKFLOW, kind, owner)]
    if not names:
        return ()
    # A workflow has no attempt; it has ended again once another member ends later.
    its_id = webhook_event.event_id(workflow_id, figures.ended_ms or 0, kind)
    body = yield from body_of(flows, workflow_id, figures, now)
    time = optional_moment(body.end_time)
    source = webhook_event.source_of(flows.settings.key_prefix)
    event = webhook_event.body(WORKFLOW, kind, its_id, workflow_id, time, source, written(body))
    return tuple(webhooks.Notice(name, its_id, event) for name in names)
