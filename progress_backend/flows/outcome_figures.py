"""Figures by type, warnings by type, and the slots of the workers. Flows; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from math import inf
from typing import Final

from ..operations import counts, leases, lists, records
from ..operations.index_entry import Facets
from ..operations.lists import Filters
from ..record import local_time
from ..record.answers import Stats, TypeFigures
from ..record.model import KINDS, rendered
from ..record.outcomes import ATTEMPT, CORRECTED, OTHERS, RUN, WAIT, Outcomes, by_type
from .flow import Flow
from .stored_record import milliseconds
from .task_flows import Records

#: Most tasks with a warning, and most workers, the newest of each, that are read.
_MOST: Final = 1_000


def slots(now: datetime) -> Flow[dict[str, int]]:
    """How many workers have a valid lease; how many tasks they run, and could run more."""
    _, stored, most = yield from leases.newest(_MOST)
    living = [lease for lease, until_ms in stored if until_ms >= milliseconds(now)]
    held = yield from leases.held_by_each(living, 1)
    idle = (max(most.get(lease, 0) - n, 0) for lease, (n, _) in zip(living, held, strict=True))
    return {"workers": len(living), "busy": sum(n for n, _ in held), "idle": sum(idle)}


def warnings(types: Collection[str]) -> Flow[dict[tuple[str, str], int]]:
    """How many tasks have a warning, by its kind and their type; those of other types, and those
    that are not read, together."""
    known, found = {*types}, Counter[tuple[str, str]]()
    for kind in KINDS:
        those = (Filters(warning=kind),)
        total = yield from lists.above(-inf, those)
        newest = yield from lists.newest(inf, _MOST, those)
        stood = yield from records.facets_of([task_id for _, task_id in newest])
        of = (its.task_type if isinstance(its, Facets) else OTHERS for its in stood)
        found.update((kind, its if its in known else OTHERS) for its in of)
        found[kind, OTHERS] += max(total - len(stood), 0)
    return dict(found)


def stats(flows: Records, now: datetime, only: str | None = None) -> Flow[Stats]:
    """The figures of each type, or of one alone: the body of `GET /internal/stats`."""
    found = by_type((yield from counts.outcomes()))
    rows = [_row(flows, *each) for each in sorted(found.items()) if only in (None, each[0])]
    return Stats(rows, now.isoformat(timespec="milliseconds"))


def _row(flows: Records, task_type: str, its: Outcomes) -> TypeFigures:
    ends, last_ms = its.ends, max(its.successes.values(), default=0)
    errors = {cause: number for (status, cause), number in ends.items() if status == "error"}
    completed, judged = ends["completed", ""], ends["completed", ""] + sum(errors.values())
    times = dict[str, float | None]()
    for kind in (WAIT, RUN):
        number, median_s = its.buckets(kind)[-1][1], its.median_s(kind)
        mean_ms = round(its.sum_s(kind) * 1e3 / number, 1) if number > 0 else None
        median_ms = None if median_s is None else round(median_s * 1e3, 1)
        times |= {f"{kind}_mean_ms": mean_ms, f"{kind}_median_ms": median_ms}
    last_at = local_time.at(last_ms / 1e3, flows.settings.zone()) if last_ms else None
    return TypeFigures(
        task_type,
        completed,
        ends["cancelled", ""],
        errors,
        round(completed / judged, 4) if judged > 0 else None,
        its.sums[CORRECTED],
        its.sums[ATTEMPT],
        **times,
        last_success_at=rendered(last_at),
    )
