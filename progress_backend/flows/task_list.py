"""The list of tasks as it is asked for: by an index, in the order of ids, of what a person started,
or by looking at tasks. Flows; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ..record.list_request import NEWEST, ListRequest
from ..record.model import STATUSES
from . import commands as c
from . import owner_list, sorted_list, top_list
from .cleanup import sweep
from .flow import Flow
from .task_flows import Flows

#: Reads of one page by ids while entries without a document are removed.
_TRIES = 3


class Listed(NamedTuple):
    """Rows as JSON, as they are to be read now; how many there are on all pages, None where tasks
    are looked at, and then where to go on; and the summary."""

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
    counts this type's tasks alone; of an owner's tasks there is no count by type, so that it is
    None for each status.

    Raises:
        InvalidEvent: the cursor is none of an earlier answer.
    """
    found = yield from _found(flows, asked, now, light)
    if only is None:
        return found
    counts: dict[str, int | None] = dict.fromkeys(STATUSES)
    if asked.owner is None:
        for status in STATUSES:
            tallied: c.Tallied = yield c.Tally(c.Filters(status, only))
            counts[status] = tallied.total
    return found._replace(counts=counts)


def _found(flows: Flows, asked: ListRequest, now: datetime, light: bool) -> Flow[Listed]:
    if asked.top:
        top = yield from top_list.page(flows, asked.page, asked.limit, now, light=light)
        return Listed([row for _, row in top.rows if row], top.total, _by_status(top.counts))
    filters = (asked.status, asked.task_type, asked.symbol)
    if asked.looks:
        wanted = c.Filters(*filters, None, asked.remark, asked.owner)
        prefix, span = asked.id_prefix or "", asked.span
        about = (wanted, asked.limit, asked.cursor)
        some = yield from owner_list.page(flows, *about, prefix=prefix, created=span, light=light)
        rows = [flows.as_of(row, now) for _, row in some.rows]
        return Listed(rows, None, _by_status(some.counts), some.cursor)
    if asked.sort != NEWEST:
        paged = yield from sorted_list.page(flows, asked, light)
    elif asked.id_prefix is not None:
        paged = yield from by_ids(flows, asked.id_prefix, asked.page, asked.limit, light=light)
    else:
        paged = yield from flows.page(
            asked.page,
            asked.limit,
            *filters,
            workflow=asked.workflow_id,
            light=light,
            remark=asked.remark,
            owner=asked.owner,
            created=asked.span,
        )
    rows = [flows.as_of(row, now) for _, row in paged.rows if row]
    return Listed(rows, paged.total, _by_status(paged.counts))


def by_ids(
    flows: Flows, prefix: str, page: int, limit: int, *, light: bool = False
) -> Flow[c.Paged]:
    """One page of the tasks whose ids begin so, in the order of their ids; the counts are of all
    tasks. Entries without a document are removed on the way."""
    total, there = 0, list[tuple[str, bytes]]()
    for _ in range(_TRIES):
        begun: c.Begun = yield c.Beginning(prefix, (page - 1) * limit, limit)
        total, ids = begun
        stored: list[bytes | None] = (yield c.Read(ids, light)) if ids else []
        found = list(zip(ids, stored, strict=True))
        there = [(task_id, document) for task_id, document in found if document is not None]
        if len(there) == len(found):
            break
        gone = [task_id for task_id, document in found if document is None]
        yield from sweep(gone, before_ms=0)
    tallied: c.Tallied = yield c.Tally(c.Filters())
    rows = tuple((task_id, flows.row(stored, task_id, light)) for task_id, stored in there)
    return c.Paged(total, tallied.counts, rows)


def _by_status(counts: tuple[int, ...]) -> Mapping[str, int]:
    return dict(zip(STATUSES, counts, strict=True))
