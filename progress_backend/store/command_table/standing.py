"""The names of the sorted sets that hold a task's id."""

from __future__ import annotations

from functools import lru_cache

from ...flows import commands as c
from ...flows.keys import Keys


@lru_cache(maxsize=4_096)
def indexes(facets: c.Standing, keys: Keys) -> tuple[str, ...]:
    """Every sorted set that holds a task's id; where its facets cannot be read, the one of all
    tasks."""
    if not isinstance(facets, c.Facets):
        return (keys.index(),)
    names = keys.indexes(facets.status, facets.task_type, facets.symbol)
    return tuple(names) if facets.lease is None else (*names, keys.held(facets.lease))
