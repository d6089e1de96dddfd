"""`lost_worker`: makes a run look as if its worker had died, and ends it as the pass for lost runs
does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import TaskAlreadyFinished, TaskNotFound
from ..flows import silent_runs
from ..flows.flow import Flow
from ..flows.stored_record import milliseconds
from ..flows.task_flows import Records
from ..operations import leases, locks
from ..record import events as ev
from ..record.model import Task, Worker
from ..record.task_json import decode

if TYPE_CHECKING:
    from ..store.drivers import Store

#: The worker of a task that no worker has begun.
LOST_WORKER = Worker("celery@lost/testing", "celery@lost")
#: The lock's token of this pass.
_WHO = "lost_worker"


def lost_worker(store: Store, task_id: str) -> Task:
    """Simulates a killed worker, and starts the check for lost runs; returns the record, an error
    with cause "lost" that names the worker.

    The check sees the run's lease as expired and runs two leases later. If the task has not
    started, a start is recorded first. If the run is alive and reports a value, the record becomes
    "running" again, as in production.

    Args:
        store: the record's store: `progress_store`, or a `Store` that no live worker uses.
        task_id: the task's id.

    Raises:
        TaskNotFound: there is no record.
        TaskAlreadyFinished: the task has ended.
        ValueError: no worker runs it (an eager run, or a task updated by HTTP), so the library
            does not check it.
        RuntimeError: another process checks for lost runs at this moment.
    """
    return store.run(_lost(store.flows, task_id, store.now()))


def _lost(flows: Records, task_id: str, now: datetime) -> Flow[Task]:
    settings = flows.settings
    document = yield from flows.get(task_id)
    if document is None:
        raise TaskNotFound(task_id)
    task = decode(document)
    if task.ended:
        raise TaskAlreadyFinished(f"task {task_id} has ended: it is {task.status}", task.status)
    if task.started_at is None:
        begun = ev.Started(identity=ev.Identity(task_type=task.task_type), worker=LOST_WORKER)
        task = (yield from flows.apply(task_id, (begun,), now)).task
    if task.worker is None:
        raise ValueError(f"no worker runs task {task_id}: it is eager, or updated by HTTP")
    yield from leases.renew(task.worker.lease, milliseconds(now))
    later = now + timedelta(seconds=2 * settings.lease_s)
    over = dict((yield from silent_runs.run_out(settings, later, _WHO)))
    yield from locks.give_back(silent_runs.LOCK, _WHO)
    if task_id in over.get(task.worker.lease, ()):
        for base in (yield from silent_runs.silent(settings, later, task.worker.lease, [task_id])):
            verdict = silent_runs.lost(base, settings.locale)
            return (yield from flows.apply(task_id, (verdict,), now, base=base)).task
    raise RuntimeError(
        "another process checks for lost runs now: use a separate store for the test"
    )
