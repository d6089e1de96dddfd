"""The list of a caller whose token names a filter, through others for which there is no index
beside it: a bounded number of the newest tasks is looked at, and a cursor says where to go on. A
flow; pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..errors import InvalidEvent
from ..record.list_request import EVER
from . import commands as c
from .flow import Flow
from .task_flows import Flows

#: Tasks that are looked at for one answer.
LOOKED_AT: Final = 250
_CURSOR: Final = re.compile(r"([0-9]{1,16})\.(.+)")


class Found(NamedTuple):
    """Rows, and where to go on; None: there are no more."""

    rows: tuple[tuple[str, bytes], ...]
    counts: tuple[int, ...]
    cursor: str | None


def page(
    flows: Flows,
    filters: c.Filters,
    limit: int,
    cursor: str | None = None,
    *,
    created: c.Span | None = None,
    light: bool = False,
) -> Flow[Found]:
    """The newest tasks that pass all filters, `limit` at most, after a cursor: of an owner's, else
    of those with a remark. There may be fewer, or none, with a cursor all the same.

    Raises:
        InvalidEvent: the cursor is none of an earlier answer.
    """
    status, owner, remark = filters.status, filters.owner, filters.remark
    within = c.Filters(status, owner=owner, remark=None if owner else remark)
    span = created or EVER
    # An id is above "": of those created at the very end of the span none is listed.
    after = (span.before_us, "") if cursor is None else min(_read(cursor), (span.before_us, ""))
    # One more tells whether there are more; and that at the cursor may still be there.
    newest: list[tuple[int, str]] = yield c.Newest(after[0], LOOKED_AT + 2, (within,))
    older = [one for one in newest if one < after and one[0] >= span.from_us]
    ids = older[:LOOKED_AT]
    standing: list[c.Standing] = yield c.FacetsOf(tuple(task_id for _, task_id in ids))
    passing = [
        (place, one)
        for place, (one, facets) in enumerate(zip(ids, standing, strict=True))
        if isinstance(facets, c.Facets) and passes(filters, facets)
    ]
    chosen = passing[:limit]
    last = len(ids) - 1 if len(chosen) < limit else chosen[-1][0]
    more = last + 1 < len(older)
    task_ids = tuple(task_id for _, (_, task_id) in chosen)
    documents: list[bytes | None] = yield c.Read(task_ids, light)
    there = [(i, stored) for i, stored in zip(task_ids, documents, strict=True) if stored]
    rows = tuple((task_id, flows.row(stored, task_id, light)) for task_id, stored in there)
    tallied: c.Tallied = yield c.Tally(within)
    return Found(rows, tallied.counts, _written(ids[last]) if more and ids else None)


def passes(filters: c.Filters, facets: c.Facets) -> bool:
    """Whether a task with these facets passes the filters."""
    return (
        filters.status in (None, facets.status)
        and filters.task_type in (None, facets.task_type)
        and filters.symbol in (None, facets.symbol)
        and (filters.remark is None or filters.remark in facets.remarks)
        and filters.owner in (None, facets.owner)
    )


def _written(last: tuple[int, str]) -> str:
    return f"{last[0]}.{last[1]}"


def _read(cursor: str) -> tuple[int, str]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidEvent("cursor has to be that of an earlier answer")
    return int(found[1]), found[2]
