"""The list of tasks for a request: by an index, by the start of ids, of what a person started, or
by reading tasks without an index. Flows; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Final, NamedTuple

from ..errors import InvalidEvent
from ..operations import lists, records
from ..operations.index_entry import Facets
from ..operations.lists import Filters, Page, TaskPage
from ..record.list_request import AMONG, EVER, ListRequest
from ..record.model import STATUSES, TaskStatus
from ..record.sort import RUNNING, Span
from . import index_page, shown_record, top_list
from .flow import Flow
from .task_flows import Records

#: Tasks that are read for one response.
LOOKED_AT: Final = 250
#: Newest tasks of one read: a larger read would block an event loop for milliseconds.
_STEP: Final = 250
#: The statuses of tasks that are searched for an id first.
_FIRST: Final = (TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.ERROR)
_CURSOR: Final = re.compile(r"([0-9]{1,16})\.(.+)")


class ListedTasks(NamedTuple):
    """Rows as JSON, as they are to be read now; the number of rows on all pages, or None and a
    cursor for tasks without an index; and the summary."""

    rows: list[bytes]
    total: int | None
    counts: Mapping[str, int | None]
    cursor: str | None = None


def listed(
    flows: Records,
    asked: ListRequest,
    now: datetime,
    *,
    light: bool = False,
    only: str | None = None,
) -> Flow[ListedTasks]:
    """One page of the list. `light`: rows name the fields that they omit. `only`: the summary
    counts this type's tasks alone; an owner's tasks are not counted by type, so each status is
    None.

    Raises:
        InvalidEvent: the cursor is not of an earlier response.
    """
    found = yield from _found(flows, asked, now, light)
    if only is None:
        return found
    counts: dict[str, int | None] = dict.fromkeys(STATUSES)
    if asked.owner is None:
        for status in STATUSES:
            tallied = yield from lists.tally(Filters(status, only))
            counts[status] = tallied.total
    return found._replace(counts=counts)


def _found(flows: Records, asked: ListRequest, now: datetime, light: bool) -> Flow[ListedTasks]:
    if asked.top:
        if asked.sort == RUNNING:
            top = yield from top_list.front(flows, asked.limit, now, light=light)
        else:
            top = yield from top_list.page(flows, asked.page, asked.limit, now, light=light)
        return ListedTasks([row for _, row in top.rows if row], top.total, by_status(top.counts))
    chosen = (asked.status, asked.task_type, asked.symbol)
    filters = Filters(*chosen, asked.workflow_id, asked.warning, asked.owner)
    start = (asked.page - 1) * asked.limit
    if not asked.by_prefix and not asked.by_cursor:
        wanted = Page(start, asked.limit, filters, light, asked.span, asked.sort)
        paged = yield from page(wanted, flows, now)
        rows = [row for _, row in paged.rows if row]
        return ListedTasks(rows, paged.total, by_status(paged.counts))
    within, total, cursor = _index_of(filters), None, None
    if not asked.by_prefix:
        about = (asked.limit, asked.cursor, asked.span)
        ids, cursor = yield from looked(within, filters, *about)
    else:
        ids = yield from beginning(asked, within)
        if filters != within:
            ids = yield from passing(filters, ids)
        total, ids = len(ids), ids[start : start + asked.limit]
    stored = yield from records.read(ids, light)
    there = yield from shown_record.rows(flows, zip(ids, stored, strict=True), now, light=light)
    rows = [row for _, row in there]
    tallied = yield from lists.tally(within)
    return ListedTasks(rows, total, by_status(tallied.counts), cursor)


def page(wanted: Page, flows: Records, now: datetime | None = None) -> Flow[TaskPage]:
    """A page of rows as readers get them, at `now` if that is given. Entries without a document are
    removed on the way; a value that is no record has a row with the fault."""
    paged = yield from index_page.swept(wanted, flows.settings)
    rows = yield from shown_record.rows(flows, paged.rows, now, light=wanted.light)
    return paged._replace(rows=tuple(rows))


def _index_of(filters: Filters) -> Filters:
    """The index that is searched for tasks that pass the filters."""
    if filters.owner is not None:
        return Filters(filters.status, owner=filters.owner)
    return filters if filters.warning is None else Filters(filters.status, warning=filters.warning)


def by_status(counts: tuple[int, ...]) -> Mapping[str, int]:
    """The list's summary: how many tasks have each of the six statuses."""
    return dict(zip(STATUSES, counts, strict=True))


def looked(
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
    after = (span.before, "") if cursor is None else min(_read(cursor), (span.before, ""))
    # One more shows whether there are more; and the row of the cursor may still be there.
    newest = yield from lists.newest(after[0], LOOKED_AT + 2, (within,))
    older = [one for one in newest if one < after and one[0] >= span.since]
    ids = [task_id for _, task_id in older[:LOOKED_AT]]
    chosen = (yield from passing(filters, ids))[:limit]
    if not ids:
        return chosen, None
    last = ids.index(chosen[-1]) if len(chosen) == limit else len(ids) - 1
    created_us, task_id = older[last]
    return chosen, f"{created_us}.{task_id}" if last + 1 < len(older) else None


def passing(filters: Filters, task_ids: Sequence[str]) -> Flow[list[str]]:
    """Those of the tasks that pass filters."""
    found = list[str]()
    for start in range(0, len(task_ids), _STEP):
        some = task_ids[start : start + _STEP]
        known = zip(some, (yield from records.facets_of(some)), strict=True)
        found += [i for i, facets in known if isinstance(facets, Facets) and filters.passes(facets)]
    return found


def _read(cursor: str) -> tuple[int, str]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidEvent("cursor must be the cursor of an earlier response")
    return int(found[1]), found[2]


def beginning(asked: ListRequest, filters: Filters) -> Flow[list[str]]:
    """Ids, or the ids of symbols, with a prefix among the newest tasks that pass filters, newest
    first: of running, paused and failed ones, which may be older than all the newest, and of
    all."""
    found = dict[tuple[int, str], None]()
    several = [filters._replace(status=one) for one in _FIRST if filters.status is None]
    for group in filter(None, (several, [filters])):
        until, seen = inf, set[str]()
        while len(seen) < AMONG:
            newest = yield from lists.newest(until, _STEP, group)
            found |= dict.fromkeys((yield from _begin(asked, newest)))
            seen.update(task_id for _, task_id in newest)
            if len(newest) < _STEP:
                break
            # Others may have been created in the microsecond of the last one.
            until = min(newest[-1][0], until - 1)
    return [task_id for _, task_id in sorted(found, reverse=True)]


def _begin(asked: ListRequest, newest: list[tuple[int, str]]) -> Flow[list[tuple[int, str]]]:
    """Those of the tasks that have the prefix in the id, or in any case in the symbol."""
    if asked.symbol_prefix is None:
        return [one for one in newest if one[1].startswith(asked.id_prefix or "")]
    begin = asked.symbol_prefix.casefold()
    known = zip(newest, (yield from records.facets_of([i for _, i in newest])), strict=True)
    symbols = [(one, f.symbol) for one, f in known if isinstance(f, Facets) and f.symbol]
    return [one for one, symbol in symbols if symbol.casefold().startswith(begin)]
