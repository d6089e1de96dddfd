"""The names of the sorted sets that hold a task's id."""

from __future__ import annotations

from functools import lru_cache

from ..record.model import ENDED, TaskStatus
from .index_entry import Facets, StoredFacets
from .keys import Keys


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
