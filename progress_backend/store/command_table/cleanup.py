"""Commands of cleanup: the ids that are due, the deletion, and the lock that keeps it to one
process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.index_entry import write_facets
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import text
from .entry import Entry, Part, grouped, in_the_first, nothing, own_ids, total
from .standing import by_end, indexes
from .workflow_list import of_all_workflows


def _due(command: c.Due, keys: Keys) -> list[Request]:
    ids = ("ZRANGE", keys.expiry, 0, command.limit - 1)
    return [("ZCOUNT", keys.expiry, "-inf", command.before_ms), ids]


def _due_ids(command: c.Due, replies: list[Any]) -> list[str]:
    due, task_ids = replies
    return [text(task_id) for task_id in (task_ids or [])[:due]]


def _sweep(command: c.Sweep, keys: Keys) -> list[Request]:
    alike: dict[c.Standing, list[str]] = {}
    for task_id, facets in command.entries:
        alike.setdefault(facets, []).append(task_id)
    places: dict[str, int] = {keys.facets: 1, keys.expiry: 2}
    task_ids = [task_id for own in alike.values() for task_id in own]
    found_in = command.found_in
    if isinstance(found_in, str):
        also = [keys.held(found_in)]
    else:
        also = [keys.index(*filters) for filters in found_in]
    groups, left = list[Any](), list[Any]()
    for number, (facets, own) in enumerate(alike.items(), 1):
        names = dict.fromkeys([*indexes(facets, keys), *by_end(facets, keys), *also])
        standing = [places.setdefault(name, len(places) + 1) for name in names]
        groups += [write_facets(facets), len(own), len(standing), *standing]
        left += _left(facets, keys, places, number)
    others = (keys.log(""), keys.timeline(""), keys.samples(""))
    about = (command.before_ms, keys.task(""), *others, len(task_ids))
    return [evalsha(SCRIPTS["sweep"], list(places), *about, *task_ids, *groups, *left)]


def _left(facets: c.Standing, keys: Keys, places: dict[str, int], group: int) -> list[Any]:
    """The workflows that a group of members leaves, as the script takes them; new keys are added to
    `places`. Nothing for single tasks."""
    given: list[Any] = []
    if not isinstance(facets, c.Facets):
        return given
    for one in facets.workflows:
        names = (keys.workflow(one), keys.members(one), *of_all_workflows(keys))
        standing = [places.setdefault(name, len(places) + 1) for name in names]
        given += [group, facets.share, one, *standing]
    return given


def _by_partition(command: c.Sweep, layout: Layout) -> list[Part]:
    groups = grouped(command.entries, layout, lambda entry: entry.task_id)
    return [(place, replace(command, entries=tuple(own))) for place, own in groups]


def _lock(command: c.Lock, keys: Keys) -> list[Request]:
    return [evalsha(SCRIPTS["lock"], [keys.lock(command.name)], command.token, command.ttl_ms)]


def _unlock(command: c.Unlock, keys: Keys) -> list[Request]:
    return [evalsha(SCRIPTS["unlock"], [keys.lock(command.name)], command.token)]


TABLE: dict[type[c.Command], Entry] = {
    c.Due: Entry(_due, _due_ids, merge=own_ids),
    c.Sweep: Entry(_sweep, lambda _, replies: replies[0] or 0, _by_partition, total),
    c.Lock: Entry(_lock, lambda _, replies: replies[0] == 1, in_the_first),
    c.Unlock: Entry(_unlock, nothing, in_the_first),
}
