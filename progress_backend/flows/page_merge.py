"""One page of a list over several partitions, merged by creation time. Flows; pure.

A deep page is reached by counting (ZCOUNT), not by fetching: a binary search finds the creation
time above which there are as many tasks as the page skips.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from ..record.responses import status_of
from . import commands as c
from .flow import Flow

#: Skipped entries that are fetched instead of counted.
FETCHED = 200
#: Above every creation time, in µs since 1970; a power of two, so that halving stays whole.
_LATEST_US = 2**52


def merged(page: c.Page) -> Flow[c.Paged]:
    """A page over all partitions, as one `Page` command returns it on a single node."""
    filters = page.filters
    tallied: c.Tallied = yield c.Tally(filters)
    total, start, limit = tallied.total, page.start, page.limit
    if page.created is not None:
        newer: int = yield c.Above(page.created.before_us - 1, filters)
        total = max((yield c.Above(page.created.from_us - 1, filters)) - newer, 0)
        start, limit = start + newer, min(limit, total - start)
    if page.start >= total:
        return c.Paged(total, tallied.counts, ())
    # Somebody else's score may be above every time.
    until, skip = inf, start
    if start > FETCHED:
        until = yield from reached(start, lambda after_us: _above(after_us, filters))
        above: int = yield c.Above(until, filters)
        skip = start - above
    newest: list[tuple[int, str]] = yield c.Newest(until, skip + limit, filters)
    task_ids = tuple(task_id for _, task_id in newest[skip:])
    documents = yield c.Read(task_ids, page.light)
    rows = tuple(zip(task_ids, documents, strict=True))
    if page.status is not None:
        # A task may change its status between the two reads: it is not shown under its old one.
        rows = tuple(row for row in rows if _has_status(row[1], page.status))
    return c.Paged(total, tallied.counts, rows)


def _has_status(document: bytes | None, status: str) -> bool:
    stored = None if document is None else status_of(document)
    return stored is None or stored == status


def _above(after_us: int, filters: c.Filters) -> Flow[int]:
    above: int = yield c.Above(after_us, filters)
    return above


def reached(start: int, above: Callable[[int], Flow[int]]) -> Flow[int]:
    """The earliest creation time (µs) above which there are no more than `start`; `above` counts
    those above a time."""
    low, high = 0, _LATEST_US
    while low < high:
        middle = (low + high) // 2
        if (yield from above(middle)) <= start:
            high = middle
        else:
            low = middle + 1
    return low
