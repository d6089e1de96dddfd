"""The facets of a task, their stored text, and the sorted sets that hold a task which has them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final, NamedTuple

from ..record.model import ENDED, TaskStatus
from .keys import Keys

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


def indexes(facets: StoredFacets, keys: Keys) -> tuple[str, ...]:
    """Every sorted set that holds a task's id; where its facets cannot be read, those of all tasks
    and of all members."""
    if isinstance(facets, Facets) and facets.workflows:
        single = facets._replace(workflows=(), planned=False, share=0)  # as `_indexes` caches them
        return (*_indexes(single, keys), *_of_workflows(facets, keys))
    return _indexes(facets, keys)


def _of_workflows(facets: Facets, keys: Keys) -> list[str]:
    names = [keys.every_member]
    for workflow_id in facets.workflows:
        names += [keys.members(workflow_id), keys.members(workflow_id, facets.status)]
        if facets.owner is not None:
            names.append(keys.owned_members(workflow_id, facets.owner))
        if facets.planned:
            ended = facets.status in ENDED
            names.append(keys.never_ran(workflow_id) if ended else keys.planned(workflow_id))
    if facets.planned and not facets.later and facets.status == TaskStatus.CREATED:
        names.append(keys.not_startable_yet(facets.task_type))
    return names


@lru_cache(maxsize=4_096)
def _indexes(facets: StoredFacets, keys: Keys) -> tuple[str, ...]:
    if not isinstance(facets, Facets):
        return (keys.index(), keys.every_member)
    names = (*keys.indexes(facets.status, facets.task_type, facets.symbol),)
    if facets.lease is not None:
        names += (keys.lease_tasks(facets.lease),)
    if facets.owner is not None:
        names += (keys.owned(facets.owner), keys.owned(facets.owner, facets.status))
    if facets.later:
        names += (keys.not_startable_yet(facets.task_type),)
    return names + tuple(map(keys.warned, facets.warnings)) if facets.warnings else names


def by_end(facets: StoredFacets, keys: Keys) -> tuple[str, ...]:
    """The sorted set by end time that holds a task which has ended."""
    if isinstance(facets, Facets) and facets.status in ENDED:
        return (keys.ended(facets.status),)
    return ()
