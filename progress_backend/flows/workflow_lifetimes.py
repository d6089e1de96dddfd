"""Lifetimes of workflows: their members are deleted together. A flow; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..operations import records, workflows
from ..operations.index_entry import Facets
from ..settings import Settings
from .flow import Flow
from .task_lifetimes import UNENDED_S, ttl_ms


def kept(settings: Settings, due: Sequence[str], now_ms: int) -> Flow[Collection[str]]:
    """Those of the due records that stay, since their workflow is open or had a commit since: their
    time is moved to that of the whole workflow."""
    facets = yield from records.facets_of(due)
    members: dict[str, list[str]] = {}
    for task_id, one in zip(due, facets, strict=True):
        if isinstance(one, Facets) and one.workflows:
            members.setdefault(one.workflows[0], []).append(task_id)
    staying: set[str] = set()
    for workflow_id, task_ids in members.items():
        figures = yield from workflows.figures(workflow_id, now_ms)
        kept_s = UNENDED_S if figures.open else settings.retention_s
        due_ms = (figures.changed_ms or 0) + int(kept_s * 1000)
        if due_ms > now_ms:
            yield from records.extend(task_ids, ttl_ms(due_ms, now_ms, settings), due_ms)
            staying.update(task_ids)
    return staying
