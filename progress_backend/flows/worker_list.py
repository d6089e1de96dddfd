"""The list of workers: a lease is a worker's sign of life, and holds what it runs. A flow; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import structs

from ..errors import printable
from ..operations import counts, leases, lists, records
from ..operations.call import all_of
from ..operations.index_entry import STILL_RUNS
from ..operations.lists import Filters
from ..record import local_time, reader_view
from ..record.answers import Held, HeldTask, WorkerList, WorkerRow
from ..record.local_time import moment
from ..record.model import KINDS, rendered
from ..record.outcomes import types_of
from .flow import Flow
from .stored_record import milliseconds
from .task_flows import Records

#: Most workers in the list, the last seen ones; most tasks of each, and of all of them.
MOST_WORKERS: Final = 500
MOST_TASKS: Final = 20
_OF_ALL: Final = 2_000
#: Records that one call reads.
_AT_ONCE: Final = 100


def workers(flows: Records, now: datetime, its: WorkerList | None = None) -> Flow[WorkerList]:
    """The workers with a stored lease, the living ones first, each with some of the tasks that it
    holds: the body of `GET /internal/workers`. `its`: the `figures`, if they are read already.

    A worker that has ended, or was found dead, is forgotten once it holds nothing.
    """
    total, stored, slots = yield from leases.newest(MOST_WORKERS)
    each = min(MOST_TASKS, max(_OF_ALL // max(len(stored), 1), 1))
    names = [lease for lease, _ in stored]
    held = yield from leases.held_by_each(names, each)
    known = yield from _tasks(flows, [task_id for _, ids in held for task_id in ids])
    rows = [
        WorkerRow(
            printable(lease.rpartition("/")[0] or lease),  # the node's name begins a lease's id
            rendered(_last_sign(flows, until_ms, now)),
            until_ms >= milliseconds(now),
            slots.get(lease),
            Held(count, [known[i] for i in ids if i in known]),
        )
        for (lease, until_ms), (count, ids) in zip(stored, held, strict=True)
    ]
    rows.sort(key=lambda row: (not row.live, row.name))
    its = its or (yield from figures(flows, now))
    at = now.isoformat(timespec="milliseconds")
    return structs.replace(its, workers=rows, total=total, at=at)


def figures(flows: Records, now: datetime) -> Flow[WorkerList]:
    """The list without workers: its figures are the part that takes many reads."""
    waits = yield from oldest_wait_ms(flows, now)
    types = types_of((yield from counts.outcomes()))
    stored = yield from all_of(*(lists.tally(Filters(task_type=name)) for name in types))
    types = [name for name, tallied in zip(types, stored, strict=True) if tallied.total]
    still = yield from lists.tally(Filters(warning=STILL_RUNS))
    ended = (Filters("error", ended=True),)
    failed = yield from lists.above(milliseconds(now) - 3_600_000, ended)
    warned = dict[str, int]()
    for kind in KINDS:
        warned[kind] = (yield from lists.tally(Filters(warning=kind))).total
    return WorkerList([], 0, waits, types, still.total, failed, **warned, at="")


def oldest_wait_ms(flows: Records, now: datetime) -> Flow[int | None]:
    """How long the oldest task waits that may start; None if no task waits. Planned steps, and
    tasks with an `eta` still to come, are left out."""
    found = yield from lists.oldest(_AT_ONCE, Filters("created"))
    stored = yield from records.read([task_id for _, task_id in found], light=True)
    for (_, task_id), document in zip(found, stored, strict=True):
        task = None if document is None else reader_view.row(document, task_id)
        if task is None or task.created_at is None or task.planned:
            continue
        if task.eta is None or moment(task.eta) <= now:
            return max(milliseconds(now) - milliseconds(moment(task.created_at)), 0)
    return None


def _last_sign(flows: Records, until_ms: int, now: datetime) -> datetime | None:
    """When a lease was renewed last; None for a lease that its worker has ended."""
    if until_ms <= 0:
        return None
    sign = min(until_ms - int(flows.settings.lease_s * 1000), milliseconds(now))
    return local_time.at(max(sign, 0) / 1000, flows.settings.zone())


def _tasks(flows: Records, task_ids: list[str]) -> Flow[dict[str, HeldTask]]:
    """What the list has of each task that has a record."""
    known = dict[str, HeldTask]()
    for start in range(0, len(task_ids), _AT_ONCE):
        some = task_ids[start : start + _AT_ONCE]
        stored = yield from records.read(some, light=True)
        for task_id, document in zip(some, stored, strict=True):
            if document is not None:
                its = reader_view.row(document, task_id)
                known[task_id] = HeldTask(
                    task_id,
                    its.task_type,
                    its.symbol,
                    its.status,
                    its.progress.percentage,
                    its.attempt_started_at or its.start_time,
                    its.warnings,
                )
    return known
