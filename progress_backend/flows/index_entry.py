"""Where a task stands, and the text of it that is stored."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple


class Facets(NamedTuple):
    """Where a task stands: its status, type, symbol and the lease it runs under."""

    status: str
    task_type: str
    symbol: str | None = None
    lease: str | None = None


class Garbled(NamedTuple):
    """Facets that are none: as they are stored, so that they can be compared and replaced."""

    stored: bytes


#: What is stored of where a task stands.
Standing = Facets | Garbled | None


@lru_cache(maxsize=1_024)
def write_facets(facets: Standing) -> str | bytes:
    """Facets as the text that is stored; "" for none."""
    if isinstance(facets, Garbled):
        return facets.stored
    return "" if facets is None else json.dumps(facets, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1_024)
def read_facets(stored: bytes | None) -> Standing:
    """Facets from the stored text."""
    if not stored:
        return None
    try:
        facets = Facets(*json.loads(stored))
    except (ValueError, TypeError, RecursionError):
        return Garbled(stored)
    return facets if _sound(facets) else Garbled(stored)


def _sound(facets: Facets) -> bool:
    """Whether a key can be named by each of them."""
    try:
        for part in (facets.status, facets.task_type, facets.symbol or "", facets.lease or ""):
            str.encode(part)
    except (TypeError, UnicodeEncodeError):
        return False
    return True
