"""The facets of a task, by which it is in indexes, and their stored text."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple


class Facets(NamedTuple):
    """The facets of a task: its status, type, symbol, and the lease that it runs under."""

    status: str
    task_type: str
    symbol: str | None = None
    lease: str | None = None


class Garbled(NamedTuple):
    """A stored text that is no facets, kept so that it can be compared and replaced."""

    stored: bytes


#: The stored facets of a task; None if there are none.
Standing = Facets | Garbled | None


@lru_cache(maxsize=1_024)
def write_facets(facets: Standing) -> str | bytes:
    """Facets as the text that is stored; "" for None."""
    if isinstance(facets, Garbled):
        return facets.stored
    return "" if facets is None else json.dumps(facets, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1_024)
def read_facets(stored: bytes | None) -> Standing:
    """Facets of a stored text."""
    if not stored:
        return None
    try:
        facets = Facets(*json.loads(stored))
    except (ValueError, TypeError, RecursionError):
        return Garbled(stored)
    return facets if _sound(facets) else Garbled(stored)


def _sound(facets: Facets) -> bool:
    """Whether each facet can be part of a Redis key."""
    try:
        for part in (facets.status, facets.task_type, facets.symbol or "", facets.lease or ""):
            str.encode(part)
    except (TypeError, UnicodeEncodeError):
        return False
    return True
