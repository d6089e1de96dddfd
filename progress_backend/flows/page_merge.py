"""One page of a list over several sets or partitions, or of a span of time. Flows; pure.

A deep page is reached by counting (ZCOUNT), not by fetching: a binary search finds the time
above which there are about as many tasks as the page skips.
"""

from __future__ import annotations

from math import inf

from ..operations import lists, records
from ..operations.lists import Filters, Page, Paged
from ..record.responses import status_of
from .flow import Flow

#: Skipped entries that are fetched instead of counted.
FETCHED = 100
#: Above every time, in µs since 1970; a power of two, so that halving stays whole.
_LATEST = 2**52


def merged(page: Page) -> Flow[Paged]:
    """A page over all sets and partitions, as `lists.page` reads it of one set."""
    tallied = yield from lists.tally(page.filters)
    total, start, ids = 0, page.start, dict[str, None]()
    for group in page.groups:
        # A score of another program may be beyond every time.
        since, newer = -inf, 0
        if page.created is not None:
            since = page.created.from_us - 1
            newer = yield from lists.above(page.created.before_us - 1, group)
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
    return Paged(total, tallied.counts, rows)


def _newest(group: tuple[Filters, ...], start: int, limit: int) -> Flow[list[str]]:
    """Up to `limit` ids, from the position `start` on."""
    until, skip = yield from _reached(group, start)
    newest = yield from lists.newest(until, skip + limit, group)
    return [task_id for _, task_id in newest[skip:]]


def _has_status(document: bytes | None, status: str) -> bool:
    stored = None if document is None else status_of(document)
    return stored is None or stored == status


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
