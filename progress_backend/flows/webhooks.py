"""Flows of webhooks: what a commit leaves for their targets, and the ends of workflows; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from ..record import webhook_event
from ..record.local_time import optional_moment
from ..record.webhook_target import WORKFLOW, Target
from . import commands as c
from .flow import Flow
from .stored_record import milliseconds
from .task_flows import Flows
from .workflows import body_of

#: Workflows that are looked at in one step.
_LOOKED: Final = 100
#: Milliseconds until a workflow is looked at again whose only open part is a publish in progress,
#: which no member's commit ends.
_PUBLISHING_MS: Final = 5_000


def ended_workflows(
    flows: Flows, targets: Sequence[Target], now: datetime, lease_ms: int
) -> Flow[int]:
    """Leaves the events of workflows that have ended since the last look; how many workflows were
    looked at."""
    now_ms = milliseconds(now)
    until_ms = now_ms + lease_ms
    found: list[str] = yield c.MayHaveEnded(now_ms, until_ms, _LOOKED)
    for workflow_id in found:
        figures: c.Figures = yield c.FiguresOf(workflow_id, now_ms)
        if figures.total and not figures.open:
            body = yield from body_of(flows, workflow_id, figures, now)
            owner = yield from _whose(targets, workflow_id)
            asking = [one.name for one in targets if one.wants(WORKFLOW, figures.status, owner)]
            notices = _of_workflow(flows, asking, workflow_id, figures, body)
            if notices:
                yield c.Note(workflow_id, notices)
        publishing = figures.publishers and figures.open == figures.publishers
        again_ms = now_ms + _PUBLISHING_MS if publishing else None
        yield c.LookedForEnd(workflow_id, until_ms, again_ms)
    return len(found)


def _whose(targets: Iterable[Target], workflow_id: str) -> Flow[str | None]:
    """The owner of all members of a workflow, of those that targets name; None: of no such one."""
    for owner in sorted({one for target in targets for one in target.owner}):
        total, own = yield c.OwnedIn(workflow_id, owner)
        if total == own:
            return owner
    return None


def _of_workflow(
    flows: Flows,
    names: Iterable[str],
    workflow_id: str,
    figures: c.Figures,
    body: bytes,
) -> tuple[c.Notice, ...]:
    kind, at_ms = figures.status, figures.ended_ms or 0
    # A workflow has no attempt; it has ended again once another member ends later.
    its_id = webhook_event.event_id(workflow_id, at_ms, kind)
    time = optional_moment(json.loads(body)["end_time"])
    source = webhook_event.source_of(flows.settings.key_prefix)
    event = webhook_event.body(WORKFLOW, kind, its_id, workflow_id, time, source, body)
    return tuple(c.Notice(name, its_id, event) for name in names)


def deliveries(target: str) -> Flow[list[dict[str, Any]]]:
    """A target's last attempts, the newest first, 100 at most."""
    kept: list[bytes] = yield c.Deliveries(target)
    found = [one for one in map(_read, kept) if one is not None]
    return sorted(found, key=lambda one: str(one["at"]), reverse=True)[:100]


def _read(kept: bytes) -> dict[str, Any] | None:
    """An attempt, unless another program has put the value there."""
    try:
        found = json.loads(kept)
        return found if isinstance(found, dict) and {"at", "id"} <= found.keys() else None
    except ValueError:
        return None


def resend(target: str, event_id: str) -> Flow[bool]:
    """Sends an event of the last attempts again, under the same id; whether it is there."""
    for one in (yield from deliveries(target)):
        if one["id"] == event_id and isinstance(one.get("body"), str):
            notice = c.Notice(target, event_id, one["body"].encode())
            yield c.Note(event_id, (notice,))
            return True
    return False
