"""Figures that take several reads: warnings by type, and the slots of the workers. Flows; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from math import inf
from typing import Final, NamedTuple

from ..operations import leases, lists, records
from ..operations.index_entry import Facets
from ..operations.lists import Filters
from ..record.model import KINDS
from ..record.outcomes import OTHERS
from .flow import Flow
from .stored_record import milliseconds

#: Most tasks with a warning, the newest, of which the type is read; and most workers of which the
#: tasks are counted.
_MOST: Final = 1_000


class Slots(NamedTuple):
    """The workers with a valid lease, and how many more tasks they run at most."""

    workers: int
    busy: int
    idle: int


def slots(now: datetime) -> Flow[Slots]:
    """The workers' slots; one with eager runs has more busy ones than its pool."""
    found = yield from leases.living(milliseconds(now), _MOST)
    held = yield from leases.held_by_each([lease for lease, _ in found], 1)
    busy = sum(number for number, _ in held)
    idle = sum(max(most - n, 0) for (_, most), (n, _) in zip(found, held, strict=True))
    return Slots(len(found), busy, idle)


def warnings(types: Collection[str]) -> Flow[dict[tuple[str, str], int]]:
    """How many tasks have a warning, by its kind and their type; those of other types, and those
    that are not read, together."""
    known, found = {*types}, Counter[tuple[str, str]]()
    for kind in KINDS:
        those = (Filters(warning=kind),)
        total = yield from lists.above(-inf, those)
        newest = yield from lists.newest(inf, _MOST, those)
        stood = yield from records.facets_of([task_id for _, task_id in newest])
        for facets in stood:
            its = facets.task_type if isinstance(facets, Facets) else OTHERS
            found[kind, its if its in known else OTHERS] += 1
        found[kind, OTHERS] += max(total - len(stood), 0)
    return dict(found)
