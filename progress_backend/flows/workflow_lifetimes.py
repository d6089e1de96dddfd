"""Lifetimes of workflows: their members are deleted together. A flow; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from typing import Any, TypeVar

from . import commands as c

T = TypeVar("T")
Flow = Generator[c.Command, Any, T]


def kept(
    due: Sequence[str],
    now_ms: int,
    *,
    open_ms: int,
    over_ms: int,
    ttl_ms: Callable[[int, int], int],
) -> Flow[Collection[str]]:
    """Those of the due records that stay, since their workflow is open or had a commit since: their
    time is moved to that of the whole workflow.

    `open_ms` and `over_ms` are how long an open workflow, and one that is over, is kept after its
    last commit; `ttl_ms` makes a document's TTL of the time at which it is due, and now.
    """
    facets: list[c.Standing] = yield c.FacetsOf(tuple(due))
    members: dict[str, list[str]] = {}
    for task_id, one in zip(due, facets, strict=True):
        if isinstance(one, c.Facets) and one.workflows:
            members.setdefault(one.workflows[0], []).append(task_id)
    staying: set[str] = set()
    for workflow_id, task_ids in members.items():
        figures: c.Figures = yield c.FiguresOf(workflow_id, now_ms)
        due_ms = (figures.changed_ms or 0) + (open_ms if figures.open else over_ms)
        if due_ms > now_ms:
            yield c.Extend(tuple(task_ids), ttl_ms(due_ms, now_ms), due_ms)
            staying.update(task_ids)
    return staying
