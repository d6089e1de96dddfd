"""The list of workers: a lease is a worker's sign of life, and holds what it runs. A flow; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf
from typing import Final

from msgspec import structs

from ..errors import printable
from ..flows.flow import Flow
from ..flows.stored_record import milliseconds
from ..flows.task_flows import Records
from ..operations import counts, leases, lists, places, records
from ..operations.call import all_of
from ..operations.index_entry import STILL_RUNS
from ..operations.lists import Filters
from ..record import local_time, reader_view
from ..record.answers import Held, HeldTask, OpenTasks, WorkerList, WorkerRow
from ..record.fields import Body
from ..record.local_time import EPOCH, moment
from ..record.model import KINDS, rendered
from ..record.open_tasks import TypeCounts, last_end, of_all
from ..record.outcomes import types_of
from ..record.shown import QueuedTask

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
    tasks = yield from _rows([task_id for _, ids in held for task_id in ids])
    known = {
        row.task_id: HeldTask(
            row.task_id,
            row.task_type,
            row.symbol,
            row.status,
            row.progress.percentage,
            row.attempt_started_at or row.start_time,
            row.warnings,
        )
        for row in tasks
    }
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
    oldest = EPOCH if waits is None else now - timedelta(milliseconds=waits)
    found = yield from _open(flows, types, oldest, now)
    return WorkerList([], 0, waits, types, found, still.total, failed, **warned, at="")


def _open(
    flows: Records, types: list[str], oldest: datetime, now: datetime
) -> Flow[list[OpenTasks]]:
    """The open tasks, and when the last of them ends; the oldest waiting one was created then."""
    waits, runs = (yield from lists.tally(Filters())).counts[:2]
    newest = yield from lists.newest(inf, _AT_ONCE, (Filters("running"),))
    rows = yield from _rows([task_id for _, task_id in newest])
    startable = yield from places.before([QueuedTask(name, "", 2**53) for name in types])
    counted = [lists.above(-inf, (Filters(s, t),)) for s in ("created", "running") for t in types]
    counts, many = (yield from all_of(*counted)), len(types)
    past = yield from all_of(*map(records.runs_of, types))
    found = list[OpenTasks]()
    for n, name in enumerate(types):
        waiting, running = counts[n::many]
        if left := waiting + running:
            tasks = TypeCounts(waiting, running, waiting != startable[n], running == runs)
            own = [row for row in rows if row.task_type == name]
            end = last_end(tasks, past[n], own, oldest, now)
            found.append(OpenTasks(name, left, left if end else 0, end))
    last = of_all([one.estimate for one in found if one.estimate is not None])
    return [OpenTasks(None, waits + runs, sum(one.estimated for one in found), last), *found]


def oldest_wait_ms(flows: Records, now: datetime) -> Flow[int | None]:
    """How long the oldest task waits that may start; None if no task waits. Planned steps, and
    tasks with an `eta` still to come, are left out."""
    oldest = yield from lists.oldest(_AT_ONCE, Filters("created"))
    for task in (yield from _rows([task_id for _, task_id in oldest])):
        if task.created_at is None or task.planned:
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


def _rows(task_ids: list[str]) -> Flow[list[Body]]:
    """The rows of the tasks that have a record."""
    found = list[Body]()
    for start in range(0, len(task_ids), _AT_ONCE):
        some = task_ids[start : start + _AT_ONCE]
        stored = yield from records.read(some, light=True)
        found += [reader_view.row(d, i) for i, d in zip(some, stored, strict=True) if d is not None]
    return found
