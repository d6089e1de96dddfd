"""Cleanup: the ids that are due, and their deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .call import Call, Requests, everywhere, listed, one, shared
from .index_entry import Facets, StoredFacets, by_end, indexes, write_facets
from .keys import Keys
from .lists import Filters
from .scripts import script
from .values import texts
from .workflows import sets_of_workflows


class Entry(NamedTuple):
    """A task to delete, with the facets that the caller read."""

    task_id: str
    facets: StoredFacets


def due(before_ms: int, limit: int) -> Call[list[str]]:
    """Ids of the tasks that cleanup may delete, the longest due first."""

    def ask(keys: Keys) -> Requests[list[str]]:
        count = ("ZCOUNT", keys.expiry, "-inf", before_ms)
        ids = ("ZRANGE", keys.expiry, 0, limit - 1)
        return Requests([count, ids], lambda replies: texts((replies[1] or [])[: replies[0]]))

    return everywhere(ask, listed(limit))


def sweep(
    entries: Sequence[Entry], before_ms: int, found_in: Sequence[Filters] | str = ()
) -> Call[int]:
    """Deletes tasks that were due before a time, or have no document; returns how many. `found_in`:
    the indexes (by their filters), or the lease, where the entries were found: they leave these
    whatever their facets are."""

    def ask(keys: Keys, entries: Sequence[Entry]) -> Requests[int]:
        alike: dict[StoredFacets, list[str]] = {}
        for task_id, facets in entries:
            alike.setdefault(facets, []).append(task_id)
        places: dict[str, int] = {keys.facets: 1, keys.expiry: 2}
        if isinstance(found_in, str):
            also = [keys.lease_tasks(found_in)]
        else:
            also = [keys.index(*filters) for filters in found_in]
        groups, left = list[Any](), list[Any]()
        for number, (facets, own) in enumerate(alike.items(), 1):
            names = dict.fromkeys([*indexes(facets, keys), *by_end(facets, keys), *also])
            standing = [places.setdefault(name, len(places) + 1) for name in names]
            groups += [write_facets(facets), len(own), len(standing), *standing]
            left += _left(facets, keys, places, number)
        ids = [task_id for own in alike.values() for task_id in own]
        about = {"before": before_ms, "prefix": keys.task(""), "logs": keys.log("")}
        about |= {"lines": keys.timeline(""), "stacks": keys.stacks("")}
        about |= {"messages": keys.message(""), "count": len(ids)}
        facets_key, expiry, *others = places
        named = {"facets": facets_key, "expiry": expiry}
        return one(script("sweep", named, about, others, [*ids, *groups, *left]), deleted)

    def deleted(reply: int | None) -> int:
        return reply or 0

    return shared(entries, ask, lambda entry: entry.task_id)


def _left(facets: StoredFacets, keys: Keys, places: dict[str, int], group: int) -> list[Any]:
    """The workflows that a group of members leaves, as the script takes them; new keys are added to
    `places`. Nothing for single tasks."""
    given: list[Any] = []
    if not isinstance(facets, Facets):
        return given
    for workflow in facets.workflows:
        names = (keys.workflow(workflow), keys.members(workflow), *sets_of_workflows(keys).values())
        standing = [places.setdefault(name, len(places) + 1) for name in names]
        given += [group, facets.share, workflow, *standing]
    return given
