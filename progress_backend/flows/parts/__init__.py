"""The parts of commits: each feature that writes with the commit of a record has a module here,
and its Lua in `operations/scripts/parts/`; pure."""

from __future__ import annotations

from collections.abc import Callable

from ...record.webhook_target import Target
from ...settings import Settings
from . import past_run, past_workflow, time_totals, timeline_entry, workflow_figures
from .change import Parts
from .webhook_event import ended_workflows, webhook_events


def default_parts(
    settings: Settings, targets: Callable[[], tuple[Target, ...]] | None
) -> tuple[Parts, ...]:
    """The functions that make the parts of each commit; those for webhooks if targets are
    configured. On a Redis Cluster no commit can see whether a workflow has completed."""
    found: tuple[Parts, ...] = (
        past_run.parts,
        time_totals.parts,
        workflow_figures.parts,
    )
    if not settings.partitions:
        found += (past_workflow.parts,)
    if targets is not None:
        found += (ended_workflows, webhook_events(targets, settings))
    return (*found, timeline_entry.parts)
