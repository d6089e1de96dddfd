"""Flows that judge running tasks and record warnings on them; pure.

A worker judges the runs under its own lease, so that no other process has to. Tasks that run
outside of Celery are judged when records without a lease are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..operations import records
from ..record import task_warnings
from ..record.events import Warned
from ..record.model import Warnings
from ..record.past_runs import PastRun
from .flow import Flow, together
from .stored_record import Applied, ReadRecord, readable
from .task_flows import Records

#: Runs that one check judges; if there are more, the next check judges the next ones.
MOST = 1_000
#: Warnings that share a round trip.
_TOGETHER = 20

NewWarnings = list[tuple[str, Warnings]]


def of_lease(
    flows: Records,
    lease: str,
    task_ids: Sequence[str],
    now: datetime,
    past: dict[str, Sequence[PastRun]],
) -> Flow[NewWarnings]:
    """Judges the runs under a valid lease. A type's past runs are read once for each `past`."""
    bases = readable((yield from records.read(task_ids)))
    own = [b for b in bases if b.task.worker is not None and b.task.worker.lease == lease]
    return (yield from judge(flows, own, now, past))


def judge(
    flows: Records, bases: Sequence[ReadRecord], now: datetime, past: dict[str, Sequence[PastRun]]
) -> Flow[NewWarnings]:
    """Judges these runs, under valid leases or without a worker, and records new warnings; returns
    the tasks with new warnings, and these."""
    found: list[tuple[ReadRecord, Warnings]] = []
    for base in bases:
        task = base.task
        if task.task_type not in past and not task.ended:
            past[task.task_type] = yield from records.runs_of(task.task_type)
        runs = past.get(task.task_type, ())
        new = task_warnings.judged(task, runs, now, answers=task.worker is not None)
        if any(new):
            found.append((base, new))
    recorded: NewWarnings = []
    for start in range(0, len(found), _TOGETHER):
        recorded += yield from _record(flows, found[start : start + _TOGETHER], now)
    return recorded


def _record(
    flows: Records, found: Sequence[tuple[ReadRecord, Warnings]], now: datetime
) -> Flow[NewWarnings]:
    """Records warnings, each only if its task has not changed since it was read; returns the
    recorded ones."""
    recorded: NewWarnings = []
    applied = yield from together(
        [
            flows.apply(
                base.task.task_id,
                (Warned(warnings=new, revision=base.task.revision),),
                now,
                base=base,
            )
            for base, new in found
        ]
    )
    for (base, new), outcome in zip(found, applied, strict=True):
        if not isinstance(outcome, Applied):
            flows.fault("a warning is not recorded", outcome, base.task.task_id)
        elif outcome.document is not None:
            recorded.append((base.task.task_id, new))
    return recorded
