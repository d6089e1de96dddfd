"""The cleanup of a store: records that are due are deleted, with their index entries. Flows;
pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from ..operations import locks, records, sweeps, workflows
from ..operations.index_entry import Facets
from ..operations.lists import Filters
from ..settings import Settings
from .flow import Flow
from .stored_record import milliseconds
from .task_lifetimes import UNENDED_S, ttl_ms

#: Records that are deleted in one call; on a large store the call takes less than a millisecond.
SWEPT = 30
#: Such calls for one read of the due ids, under one renewal of the lock. So many ids take less than
#: 16 KB: for a longer reply Redis allocates memory, and libc's allocator first sorts all that was
#: freed, in up to 9 ms.
_BATCHES = 11


def sweep(
    task_ids: Sequence[str],
    before_ms: int,
    batch: int = SWEPT,
    found_in: tuple[Filters, ...] | str = (),
) -> Flow[int]:
    """Deletes the tasks that are due or have no document, `batch` in one call; returns how many."""
    facets = yield from records.facets_of(task_ids)
    pairs = zip(task_ids, facets, strict=True)
    # Tasks with equal facets in one call: it touches fewer indexes.
    entries = sorted((sweeps.Entry(*pair) for pair in pairs), key=lambda e: str(e.facets))
    deleted = 0
    for start in range(0, len(entries), batch):
        deleted += yield from sweeps.sweep(entries[start : start + batch], before_ms, found_in)
    return deleted


def cleanup(
    settings: Settings, now: datetime, token: str, *, batch: int = SWEPT, most: int = 5_000_000
) -> Flow[int]:
    """Deletes the records that are due, never a running task's, in batches, under a lock; returns
    how many.

    `batch` bounds how long one call blocks Redis, `most` how long the cleanup lasts.
    """
    deleted, before_ms = 0, milliseconds(now)
    while deleted < most:
        if not (yield from locks.take("cleanup", token, 60_000)):
            return deleted
        due = yield from sweeps.due(before_ms, min(batch * _BATCHES, most - deleted))
        if not due:
            break
        kept = yield from _kept(settings, due, before_ms)
        going = [task_id for task_id in due if task_id not in kept] if kept else due
        gone = yield from sweep(going, before_ms, batch)
        if not gone and not kept:
            break
        deleted += gone
    yield from locks.give_back("cleanup", token)
    return deleted


def _kept(settings: Settings, due: Sequence[str], now_ms: int) -> Flow[Collection[str]]:
    """The due records that stay, because their workflow is open or had a later commit; moves their
    time to that of the whole workflow."""
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
