"""Lists without an index, among a bounded number of the newest tasks: those of a token's filter
that pass other filters too, with a cursor for the next page; and tasks by the start of their ids.
Flows; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import inf
from typing import Final

from ..errors import InvalidEvent
from ..operations import lists, records
from ..operations.index_entry import Facets
from ..operations.lists import Filters
from ..record.list_request import AMONG, EVER
from ..record.model import TaskStatus
from ..record.sort import Span
from .flow import Flow

#: Tasks that are read for one response.
LOOKED_AT: Final = 250
#: Newest tasks of one read: a larger read would block an event loop for milliseconds.
_STEP: Final = 250
#: The statuses of tasks that are searched for an id first.
_FIRST: Final = (TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.ERROR)
_CURSOR: Final = re.compile(r"([0-9]{1,16})\.(.+)")


def page(
    within: Filters, filters: Filters, limit: int, cursor: str | None, created: Span | None
) -> Flow[tuple[list[str], str | None]]:
    """Ids of the newest tasks in an index that pass all filters, `limit` at most, after a cursor;
    and the cursor of the next page, None if there are no more. Fewer ids, or none, may have a
    cursor all the same.

    Raises:
        InvalidEvent: the cursor is not of an earlier response.
    """
    span = created or EVER
    # An id is above "", so no task created at the very end of the span is listed.
    after = (span.before_us, "") if cursor is None else min(_read(cursor), (span.before_us, ""))
    # One more shows whether there are more; and the row of the cursor may still be there.
    newest = yield from lists.newest(after[0], LOOKED_AT + 2, (within,))
    older = [one for one in newest if one < after and one[0] >= span.from_us]
    ids = [task_id for _, task_id in older[:LOOKED_AT]]
    chosen = (yield from passing(filters, ids))[:limit]
    if not ids:
        return chosen, None
    last = ids.index(chosen[-1]) if len(chosen) == limit else len(ids) - 1
    created_us, task_id = older[last]
    return chosen, f"{created_us}.{task_id}" if last + 1 < len(older) else None


def passing(filters: Filters, task_ids: Sequence[str]) -> Flow[list[str]]:
    """Those of the tasks that pass filters."""
    standing = yield from records.facets_of(task_ids)
    known = zip(task_ids, standing, strict=True)
    return [i for i, facets in known if isinstance(facets, Facets) and filters.passes(facets)]


def _read(cursor: str) -> tuple[int, str]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidEvent("cursor must be the cursor of an earlier response")
    return int(found[1]), found[2]


def beginning(prefix: str, filters: Filters) -> Flow[list[str]]:
    """Ids with a prefix among the newest tasks that pass filters, newest first: of running, paused
    and failed ones, which may be older than all the newest, and of all."""
    found = dict[str, int]()
    several = [filters._replace(status=one) for one in _FIRST if filters.status is None]
    for group in filter(None, (several, [filters])):
        until, seen = inf, set[str]()
        while len(seen) < AMONG:
            newest = yield from lists.newest(until, _STEP, group)
            found |= {task_id: us for us, task_id in newest if task_id.startswith(prefix)}
            seen.update(task_id for _, task_id in newest)
            if len(newest) < _STEP:
                break
            # Others may have been created in the microsecond of the last one.
            until = min(newest[-1][0], until - 1)
    return sorted(found, key=lambda task_id: (found[task_id], task_id), reverse=True)
