"""The parts of commits: each feature that writes with the commit of a record has a module here,
and its Lua in `operations/scripts/parts/`; pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...settings import Settings
from .change import CommitPart
from .kept_message import KEPT_MESSAGE
from .outcomes import OUTCOMES
from .past_run import PAST_RUN
from .past_workflow import PAST_WORKFLOW
from .timeline_entry import TIMELINE_ENTRY
from .workflow_figures import WORKFLOW_FIGURES

if TYPE_CHECKING:
    from ...record.webhook_target import Target


def default_parts(
    settings: Settings, targets: Callable[[], tuple[Target, ...]] | None
) -> tuple[CommitPart, ...]:
    """The parts of commits; those for webhooks if targets are configured. On a Redis Cluster no
    commit can see whether a workflow has completed."""
    found = [PAST_RUN, OUTCOMES, WORKFLOW_FIGURES]
    if not settings.partitions:
        found.append(PAST_WORKFLOW)
    if targets is not None:
        from .webhook_event import ENDED_WORKFLOWS, webhook_events

        found += (ENDED_WORKFLOWS, webhook_events(targets, settings))
    return (*found, KEPT_MESSAGE, TIMELINE_ENTRY)
