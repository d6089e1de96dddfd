"""The list of tasks for a request: by an index, by the start of ids, of what a person started, or
by reading tasks without an index. Flows; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ..operations import lists, records
from ..operations.lists import Filters, Page
from ..record.list_request import ListRequest
from ..record.model import STATUSES
from ..record.sort import RUNNING
from . import looked_list, task_page, top_list
from .flow import Flow
from .task_flows import Flows


class Listed(NamedTuple):
    """Rows as JSON, as they are to be read now; the number of rows on all pages, or None and a
    cursor for tasks without an index; and the summary."""

    rows: list[bytes]
    total: int | None
    counts: Mapping[str, int | None]
    cursor: str | None = None


def listed(
    flows: Flows,
    asked: ListRequest,
    now: datetime,
    *,
    light: bool = False,
    only: str | None = None,
) -> Flow[Listed]:
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


def _found(flows: Flows, asked: ListRequest, now: datetime, light: bool) -> Flow[Listed]:
    if asked.top:
        if asked.sort == RUNNING:
            top = yield from top_list.front(flows, asked.limit, now, light=light)
        else:
            top = yield from top_list.page(flows, asked.page, asked.limit, now, light=light)
        return Listed([row for _, row in top.rows if row], top.total, by_status(top.counts))
    chosen = (asked.status, asked.task_type, asked.symbol)
    filters = Filters(*chosen, asked.workflow_id, asked.warning, asked.owner)
    start = (asked.page - 1) * asked.limit
    if asked.id_prefix is None and not asked.by_cursor:
        wanted = Page(start, asked.limit, filters, light, asked.span, asked.sort)
        paged = yield from task_page.page(wanted, flows.settings, now)
        rows = [row for _, row in paged.rows if row]
        return Listed(rows, paged.total, by_status(paged.counts))
    within, total, cursor = _index_of(filters), None, None
    if asked.id_prefix is None:
        about = (asked.limit, asked.cursor, asked.span)
        ids, cursor = yield from looked_list.page(within, filters, *about)
    else:
        ids = yield from looked_list.beginning(asked.id_prefix, within)
        if filters != within:
            ids = yield from looked_list.passing(filters, ids)
        total, ids = len(ids), ids[start : start + asked.limit]
    stored = yield from records.read(ids, light)
    there = zip(ids, stored, strict=True)
    shown = partial(task_page.row, now=now, light=light, settings=flows.settings)
    rows = [shown(document, i) for i, document in there if document]
    tallied = yield from lists.tally(within)
    return Listed(rows, total, by_status(tallied.counts), cursor)


def _index_of(filters: Filters) -> Filters:
    """The index that is searched for tasks that pass the filters."""
    if filters.owner is not None:
        return Filters(filters.status, owner=filters.owner)
    return filters if filters.warning is None else Filters(filters.status, warning=filters.warning)


def by_status(counts: tuple[int, ...]) -> Mapping[str, int]:
    """The list's summary: how many tasks have each of the six statuses."""
    return dict(zip(STATUSES, counts, strict=True))
