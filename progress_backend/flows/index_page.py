"""One page of the list of tasks by an index, as it is stored. Flows; pure.

A deep page of several sets or partitions, or of a span of time, is reached by counting (ZCOUNT),
not by fetching: a binary search finds the time above which there are about as many tasks as the
page skips.
"""

from __future__ import annotations

import re
from math import inf

from ..operations import lists, records
from ..operations.lists import Filters, Page, TaskPage
from ..record.light_row import FIRST_GIVEN
from ..settings import Settings
from .cleanup import sweep
from .flow import Flow

_STATUS = re.compile(rb'"status":"(\w+)"')
#: Reads of one page while entries without a document are removed.
_TRIES = 3
#: Skipped entries that are fetched instead of counted.
FETCHED = 100
#: Above every time, in µs since 1970; a power of two, so that halving stays whole.
_LATEST = 2**52


def swept(wanted: Page, settings: Settings) -> Flow[TaskPage]:
    """A page as it is stored; entries without a document are removed on the way."""
    for left in reversed(range(_TRIES)):
        if settings.partitions or wanted.span or len(wanted.sets) > 1:
            paged = yield from merged(wanted)
        else:
            paged = yield from lists.page(wanted)
        holes = tuple(task_id for task_id, document in paged.rows if document is None)
        if not holes or not left:
            break
        yield from sweep(holes, before_ms=0, found_in=wanted.sets)
    return paged


def merged(page: Page) -> Flow[TaskPage]:
    """A page over all sets and partitions, as `lists.page` reads it of one set."""
    tallied = yield from lists.tally(page.filters)
    total, start, ids = 0, page.start, dict[str, None]()
    for group in page.groups:
        # A score of another program may be beyond every time.
        since, newer = -inf, 0
        if page.span is not None:
            since = page.span.since - 1
            newer = yield from lists.above(page.span.before - 1, group)
        count = max((yield from lists.above(since, group)) - newer, 0)
        limit = min(page.limit - len(ids), count - start)
        if limit > 0:
            ids |= dict.fromkeys((yield from _newest(group, newer + start, limit)))
        total, start = total + count, max(start - count, 0)
    documents = yield from records.read(tuple(ids), page.light)
    rows = tuple(zip(ids, documents, strict=True))
    if (status := page.filters.status) is not None:
        # A task may change its status between the two reads: it is not shown under its old one.
        rows = tuple(row for row in rows if _has_status(row[1], status))
    return TaskPage(total, tallied.counts, rows)


def _newest(group: tuple[Filters, ...], start: int, limit: int) -> Flow[list[str]]:
    """Up to `limit` ids, from the position `start` on."""
    until, skip = yield from _reached(group, start)
    newest = yield from lists.newest(until, skip + limit, group)
    return [task_id for _, task_id in newest[skip:]]


def _has_status(document: bytes | None, status: str) -> bool:
    """Whether a document has a status, or none that can be read; without parsing all of it."""
    found = document and _STATUS.search(document, 0, max(document.find(FIRST_GIVEN), 0))
    return not found or found[1].decode() == status


def _reached(group: tuple[Filters, ...], start: int) -> Flow[tuple[float, int]]:
    """A time, and how many entries from there the position is: `FETCHED` at most."""
    if start <= FETCHED:
        return inf, start
    low, high, before = 0, _LATEST, 0
    while low < high:
        middle = (low + high) // 2
        count = yield from lists.above(middle, group)
        if count > start:
            low = middle + 1
            continue
        high, before = middle, count
        if start - count <= FETCHED:
            break
    return high, start - before
