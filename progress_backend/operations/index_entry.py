"""The facets of a task, by which it is in indexes, and their stored text."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final, NamedTuple

#: Of a record that a request has ended, until its run is over: it has a set as warnings have.
STILL_RUNS: Final = "still_runs"


class Facets(NamedTuple):
    """The facets of a task: its status, type, symbol, and the lease that it runs under; then those
    of a workflow's member."""

    status: str
    task_type: str
    symbol: str | None = None
    lease: str | None = None
    workflows: tuple[str, ...] = ()
    #: Whether its message is not published yet; of one that has failed, whether it never was.
    planned: bool = False
    #: How much of it is done, in thousandths: what it adds to its workflows' shares.
    share: int = 0
    #: The kinds of its warnings, and `STILL_RUNS`.
    warnings: tuple[str, ...] = ()
    #: Its owner; None without one.
    owner: str | None = None
    #: Whether it waits for its `eta`.
    later: bool = False


#: The stored facets of a task; None if there are none; a stored text that is no facets stays bytes,
#: so that it can be compared and replaced.
StoredFacets = Facets | bytes | None


def write_facets(facets: StoredFacets) -> str | bytes:
    """Facets as stored text; "" for None. It ends with the last facet that the task has: a single
    task has four; warnings, the owner, and a wait for its `eta` follow only if there are any."""
    if isinstance(facets, Facets) and (
        facets.workflows or facets.warnings or facets.owner or facets.later
    ):
        last = None if facets.later else -1 if facets.owner else -2 if facets.warnings else -3
        return json.dumps(facets[:last], ensure_ascii=False, separators=(",", ":"))
    return _written(facets)


@lru_cache(maxsize=1_024)
def _written(facets: StoredFacets) -> str | bytes:
    if not isinstance(facets, Facets):
        return facets or ""
    return json.dumps(facets[:4], ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1_024)
def read_facets(stored: bytes | None) -> StoredFacets:
    """Facets of a stored text."""
    if not stored:
        return None
    try:
        facets = Facets(*json.loads(stored))
        if facets.workflows or facets.warnings or facets.owner or facets.later:
            workflows, warnings = tuple(facets.workflows), tuple(facets.warnings)
            facets = facets._replace(workflows=workflows, warnings=warnings)
    except (ValueError, TypeError, RecursionError):
        return stored
    return facets if _sound(facets) else stored


def _sound(facets: Facets) -> bool:
    """Whether each facet can be part of a Redis key."""
    if type(facets.share) is not int or {type(facets.planned), type(facets.later)} != {bool}:
        return False
    try:
        texts = (facets.status, facets.task_type, facets.symbol or "", facets.lease or "")
        for part in (*texts, *facets.workflows, *facets.warnings, facets.owner or ""):
            str.encode(part)
    except (TypeError, UnicodeEncodeError):
        return False
    return True
