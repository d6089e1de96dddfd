"""The list in another order than the newest first. Flows; pure.

Only the order by end has a set of its own. Running tasks are few: they are read, and all others are
found by counting, as pages over several partitions are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

from ..record.list_request import BY_END, ListRequest
from ..record.model import TaskStatus
from . import commands as c
from .cleanup import sweep
from .flow import Flow
from .page_merge import FETCHED, reached
from .task_flows import Flows

#: Running tasks that stand before the others, the newest.
MOST_RUNNING: Final = 1_000
#: Reads of one page while entries without a document are removed.
_TRIES: Final = 3

_Place = tuple[int, str]


def page(flows: Flows, asked: ListRequest, light: bool) -> Flow[c.Paged]:
    """One page in the order that is asked for; the counts are of all tasks, of a workflow's or of
    an owner's."""
    chosen = (asked.status, asked.task_type, asked.symbol)
    filters = c.Filters(*chosen, asked.workflow_id, owner=asked.owner)
    tallied: c.Tallied = yield c.Tally(filters)
    start = (asked.page - 1) * asked.limit
    total = tallied.total
    rows: tuple[tuple[str, bytes], ...] = ()
    for _ in range(_TRIES):
        found_in: c.Filters | c.LatestEnded = filters
        if asked.sort == BY_END:
            found_in = c.LatestEnded(str(asked.status))
            total, ended = yield c.LatestEnded(str(asked.status), start, asked.limit)
            ids = tuple(task_id for _, task_id in ended)
        else:
            ids = yield from _running_first(filters, start, asked.limit)
        stored: list[bytes | None] = (yield c.Read(ids, light)) if ids else []
        found = list(zip(ids, stored, strict=True))
        rows = tuple((i, flows.row(document, i, light)) for i, document in found if document)
        gone = [task_id for task_id, document in found if document is None]
        if not gone:
            break
        yield from sweep(gone, before_ms=0, found_in=found_in)
    return c.Paged(total, tallied.counts, rows)


def _running_first(filters: c.Filters, start: int, limit: int) -> Flow[tuple[str, ...]]:
    """The ids of a page: the running tasks, the newest first, then the others likewise."""
    running = filters._replace(status=TaskStatus.RUNNING)
    counted: c.Tallied = yield c.Tally(running)
    few = min(counted.total, MOST_RUNNING)
    if start + limit <= few:
        newest: list[_Place] = yield c.Newest(inf, start + limit, running)
        return tuple(task_id for _, task_id in newest[start:])
    before: list[_Place] = (yield c.Newest(inf, few, running)) if few else []
    first = [task_id for _, task_id in before[start:]]
    skip, left = max(start - len(before), 0), limit - len(first)
    rest = yield from _others(filters, before, skip, left)
    return (*first, *rest)


def _others(
    filters: c.Filters, without: Sequence[_Place], start: int, limit: int
) -> Flow[list[str]]:
    """Ids of the tasks but some, the newest first, from `start` on."""

    def above(after_us: int) -> Flow[int]:
        every: int = yield c.Above(after_us, filters)
        return every - sum(us > after_us for us, _ in without)

    until, skip = inf, start
    if start > FETCHED:
        until = yield from reached(start, above)
        skip = start - (yield from above(int(until)))
    among = sum(us <= until for us, _ in without)
    newest: list[_Place] = yield c.Newest(until, skip + limit + among, filters)
    known = {task_id for _, task_id in without}
    others = [task_id for _, task_id in newest if task_id not in known]
    return others[skip : skip + limit]
