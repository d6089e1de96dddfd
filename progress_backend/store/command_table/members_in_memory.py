"""What the commit of a workflow's member changes in the store in memory."""

from __future__ import annotations

from typing import Final

from ...flows import commands as c
from ...record import past_runs
from ...record.model import TaskStatus
from ..memory_state import MemoryState, WorkflowState

#: Names of which successful workflows are kept.
_MOST_NAMES: Final = 1_000


def unknown_acts(state: MemoryState, commit: c.Commit) -> tuple[tuple[str, c.Act], ...]:
    """Requests about a member's workflows in memory that its record has not followed."""
    known = commit.acts or ("",) * len(commit.after.workflows)
    asked = ((w, state.acts.get(w), k) for w, k in zip(commit.after.workflows, known, strict=True))
    return tuple((w, act) for w, act, k in asked if act is not None and act.id != k)


def member_in_memory(state: MemoryState, commit: c.Commit) -> None:
    """Changes the figures of a member's workflows in memory, after its facets."""
    now_ms = int(state.clock() * 1000)
    for workflow_id in commit.after.workflows:
        known = state.workflows.setdefault(workflow_id, WorkflowState(now_ms))
        known.changed_ms = known.quiet_since_ms = now_ms
        known.revision += 1
        if workflow_id == commit.after.workflows[-1]:
            known.name = commit.workflow_name or known.name
            known.expected = commit.workflow_total or known.expected
        known.started_ms = commit.started_ms if known.started_ms is None else known.started_ms
        if commit.ended_ms is not None:
            known.ended_ms = max(known.ended_ms or 0, commit.ended_ms)
        if commit.after.status == TaskStatus.COMPLETED:
            _finished_in_memory(state, workflow_id, known)


def _finished_in_memory(state: MemoryState, workflow_id: str, known: WorkflowState) -> None:
    """Keeps how long a workflow took whose members have all completed, and forgets the names of
    which none has for long, the first ones."""
    members = [f.status for f in state.facets.values() if workflow_id in f.workflows]
    if (
        set(members) != {TaskStatus.COMPLETED}
        or not known.name
        or state.publishers.get(workflow_id)
    ):
        return
    if known.started_ms is None or known.ended_ms is None:
        return
    seconds, now = (known.ended_ms - known.started_ms) / 1000, state.clock()
    runs, _ = state.past_workflows.pop(known.name, ({}, 0.0))
    runs[workflow_id] = past_runs.PastRun(known.ended_ms, seconds, len(members))
    kept = sorted(runs.items(), key=lambda one: one[1].ended_ms)[-past_runs.KEPT :]
    state.past_workflows[known.name] = dict(kept), now + past_runs.KEPT_DAYS * 86_400
    oldest = next(iter(state.past_workflows))
    if len(state.past_workflows) > _MOST_NAMES or state.past_workflows[oldest][1] <= now:
        del state.past_workflows[oldest]


def past_in_memory(state: MemoryState, name: str | None) -> tuple[c.PastRun, ...]:
    """The last successful workflows of a name."""
    runs, until = state.past_workflows.get(name or "", ({}, 0.0))
    return past_runs.newest(runs.values()) if until > state.clock() else ()
