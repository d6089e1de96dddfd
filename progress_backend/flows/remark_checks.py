"""Flows of the pass that looks at the open tasks that are due, and records remarks on them; pure.

A task is due half a minute after its creation, if it is open then, and once a worker has begun it;
then as its last look says. So the commits of jobs do nothing for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from ..record import remarks
from ..record.events import Remarked
from ..record.model import LOST
from ..record.remarks import SOONEST_S, Judgment, Usual
from . import commands as c
from .flow import Flow
from .gather import together
from .silent_runs import records
from .stored_record import Applied, Base, milliseconds
from .task_flows import Flows

#: Tasks that one step reads, and steps of one pass.
STEP, _STEPS = 100, 20
#: Tasks that are found at a time, and how often in one pass.
_FOUND, _FINDS = 1_000, 10
#: Runs that one lease may hold, as in `silent_runs`.
_HELD = 10_000
#: Remarks that share a round trip.
_TOGETHER = 20
LOCK = "checks"


def begun(lease: str, known: Collection[str], now: datetime) -> Flow[set[str]]:
    """Has the runs of a worker looked at that are not `known` from the last call; all that it
    has."""
    held = set((yield c.Held(lease, _HELD)))
    new = held.difference(known)
    if new:
        now_ms = milliseconds(now)
        yield c.LookAt(tuple((task_id, now_ms) for task_id in sorted(new)), sooner=True)
    return held


def keeps(flows: Flows, token: str) -> Flow[bool]:
    """Whether the caller holds the lock of the pass over open tasks, now for one more interval."""
    mine: bool = yield c.Lock(LOCK, token, int(flows.settings.reap_interval_s * 1000))
    return mine


def due(flows: Flows, now: datetime, token: str) -> Flow[list[str]]:
    """The ids of the tasks that are to be looked at now, under a lock."""
    if not (yield from keeps(flows, token)):
        return []
    now_ms = milliseconds(now)
    for _ in range(_FINDS):
        until_us = (now_ms - int(SOONEST_S * 1000)) * 1000
        if (yield c.FindOpen(until_us, _FOUND, now_ms)) < _FOUND:
            break
    task_ids: list[str] = yield c.ToLookAt(now_ms, STEP * _STEPS)
    return task_ids


def look(
    flows: Flows,
    task_ids: Sequence[str],
    now: datetime,
    slowest: dict[str, Usual],
    lost: list[Base] | None = None,
) -> Flow[list[tuple[str, c.Remarks]]]:
    """Looks at tasks; those with new remarks, and these. What a type's past runs took is read once
    for each `slowest`. Records that are lost are added to `lost`: the caller asks the result
    backend about these, and says when next."""
    documents = (yield c.Read(tuple(task_ids))) if task_ids else []
    bases = records(documents)
    answering = yield from _answering(bases, now)
    judged: list[tuple[Base, Judgment]] = []
    for base in bases:
        task = base.task
        if not task.ended and task.task_type not in slowest:
            slowest[task.task_type] = remarks.usual((yield c.RunsOf(task.task_type)))
        lease = None if task.worker is None else task.worker.lease
        usual = slowest.get(task.task_type, Usual())
        judged.append((base, remarks.judged(task, usual, now, answers=lease in answering)))
    told = yield from _tell(flows, [(b, j.remarks) for b, j in judged if any(j.remarks)], now)
    again = {base.task.task_id: judgment.again_s for base, judgment in judged}
    if lost is not None:
        lost += (found := [base for base in bases if base.task.error_cause == LOST])
        again |= {base.task.task_id: flows.settings.lease_s for base in found}
    yield c.LookAt(tuple((task_id, _at(again.get(task_id), now)) for task_id in task_ids))
    return told


def _at(again_s: float | None, now: datetime) -> int | None:
    return None if again_s is None else milliseconds(now) + int(again_s * 1000)


def _answering(bases: Iterable[Base], now: datetime) -> Flow[set[str]]:
    """The leases of these runs' workers that are valid."""
    leases = {base.task.worker.lease: base.task for base in bases if base.task.worker is not None}
    valid = set()
    for lease, task in leases.items():
        until_ms: int | None = yield c.LeaseEnd(task.task_id, lease)
        if until_ms is not None and until_ms >= milliseconds(now):
            valid.add(lease)
    return valid


def _tell(
    flows: Flows, found: Sequence[tuple[Base, c.Remarks]], now: datetime
) -> Flow[list[tuple[str, c.Remarks]]]:
    """Records remarks, each only if its task has not changed since it was read; those that are
    recorded."""
    told = []
    for start in range(0, len(found), _TOGETHER):
        some = found[start : start + _TOGETHER]
        applied = yield from together(
            [
                flows.apply(
                    base.task.task_id,
                    (Remarked(remarks=new, revision=base.task.revision),),
                    now,
                    base=base,
                )
                for base, new in some
            ]
        )
        for (base, new), outcome in zip(some, applied, strict=True):
            if not isinstance(outcome, Applied):
                flows.fault("a remark is not recorded", outcome, base.task.task_id)
            elif outcome.document is not None:
                told.append((base.task.task_id, new))
    return told
