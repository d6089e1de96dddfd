"""Flows of the check for lost runs: runs under an expired lease, and the events for them; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from ..operations import leases, lists, locks, records, sweeps
from ..operations.call import Call, all_of
from ..operations.lists import Filters, Page
from ..record.default_texts import Locale, text
from ..record.events import Acknowledged, Expired, Lost
from ..record.model import ENDED, LOST, STATUSES, Task, TaskStatus
from ..settings import Settings
from . import index_page
from .flow import Flow
from .stored_record import ReadRecord, milliseconds, readable
from .task_flows import Records
from .task_lifetimes import UNENDED_S

T = TypeVar("T")

#: Leases read in one check: fewer workers die within the time for which a lease is kept.
_LEASES = 10_000
#: Runs that are read and judged in one step.
STEP = 100
#: Runs that one lease may hold: a pool of greenlets runs thousands.
HELD = 10_000
#: Runs that a worker requeues at most while it shuts down.
_GIVEN_BACK = 1_000
#: Records of each status that one check reads to find those without a lease.
_UNHELD = 100
#: Lost runs for which one check reads the result backend again.
_ASKED = 2_000
LOCK, UNHELD_LOCK, ASK_LOCK = "reap", "reap_unheld", "reap_lost"


def keeps(settings: Settings, token: str, lock: str = LOCK) -> Call[bool]:
    """Takes the lock of a check, by default that of runs under expired leases, for one more
    interval; returns whether the caller holds it."""
    return locks.take(lock, token, int(settings.reap_interval_s * 1000))


def run_out(settings: Settings, now: datetime, token: str) -> Flow[list[tuple[str, list[str]]]]:
    """The expired leases, and the ids of the tasks under each, under one lock; a lease that expired
    long ago and holds no task is deleted."""
    now_ms = milliseconds(now)
    has_lock, over = yield from all_of(keeps(settings, token), leases.expired(now_ms, _LEASES))
    # Kept for a while: Redis may restart from an older copy, with runs under a lease.
    old_ms = now_ms - 10 * int(settings.lease_s * 1000)
    found: list[tuple[str, list[str]]] = []
    for some in steps(over if has_lock else ()):
        held = yield from leases.held_by_each([lease for lease, _ in some], HELD)
        for (lease, until_ms), (_, task_ids) in zip(some, held, strict=True):
            if task_ids:
                found.append((lease, task_ids))
            elif until_ms < old_ms:
                yield from leases.forget(lease, old_ms)
    return found


def silent(
    settings: Settings,
    now: datetime,
    lease: str,
    task_ids: Sequence[str],
    at_work: Collection[str] = (),
) -> Flow[list[ReadRecord]]:
    """Runs under a lease with records that were not written for a lease's time. Not those of
    `at_work`, the tasks that the worker lists as running, and eager runs inside them. The caller
    reads the result backend before it ends the runs."""
    documents = yield from records.read(task_ids)
    gone = tuple(i for i, d in zip(task_ids, documents, strict=True) if d is None)
    if gone:
        facets = yield from records.facets_of(gone)
        yield from sweeps.sweep(tuple(map(sweeps.Entry, gone, facets)), 0, lease)
    return [
        base
        for base in readable(documents)
        if base.task.worker is not None
        and base.task.worker.lease == lease
        and base.task.worker.task not in at_work
        and _silent(base, settings, now)
    ]


def held(lease: str | None) -> Flow[list[str]]:
    """Ids of the tasks that run under a worker's lease; none for a process without a lease."""
    return [] if lease is None else (yield from leases.held(lease, HELD))


def held_still(
    lease: str, task_ids: Sequence[str], at_work: Mapping[str, Collection[int]]
) -> Flow[list[ReadRecord]]:
    """Runs of a lease that were recorded as lost and that its worker still has (`at_work`: numbers
    of the runs of each task), eager runs inside them included."""
    documents = yield from records.read(task_ids)
    found = []
    for base in readable(documents):
        worker = base.task.worker
        if base.task.error_cause != LOST or worker is None or worker.lease != lease:
            continue
        numbers = at_work.get(worker.task or base.task.task_id)
        if numbers is not None and (worker.run is None or worker.run in numbers):
            found.append(base)
    return found


def steps(of_all: Sequence[T], size: int = STEP) -> Iterator[Sequence[T]]:
    """All of them in portions."""
    return (of_all[start : start + size] for start in range(0, len(of_all), size))


def to_ask(settings: Settings, now: datetime, token: str) -> Flow[list[str]]:
    """Ids of tasks with lost runs for which the result backend is to be read again, under a
    lock."""
    if not (yield from keeps(settings, token, ASK_LOCK)):
        return []
    return (yield from leases.to_ask(milliseconds(now), _ASKED))


def unheld(
    flows: Records, now: datetime, token: str
) -> Flow[tuple[list[ReadRecord], list[ReadRecord]]]:
    """Records that run without a worker, outside of Celery; and records without an end that no
    lease holds and that were not written for a lease's time: most wait in a queue, some have ended
    in a process that died before it recorded the end.

    Each check reads one page of each status, the next check the next page, under a lock of its own.
    A record may name a lease that is not stored (its worker died before it wrote the lease, or the
    store came back empty): that lease is written here, and has a lease's time to be renewed; after
    that `run_out` finds its runs.
    """
    settings = flows.settings
    if not (yield from keeps(settings, token, UNHELD_LOCK)):
        return [], []
    turn = milliseconds(now) // int(settings.reap_interval_s * 1000)
    running: list[ReadRecord] = []
    silent: list[ReadRecord] = []
    counts = (yield from lists.tally(Filters())).counts
    for status, total in zip(STATUSES, counts, strict=True):
        if not total or status in ENDED:
            continue
        pages = -(-total // _UNHELD)
        wanted = Page(turn % pages * _UNHELD, _UNHELD, Filters(status))
        paged = yield from index_page.swept(wanted, settings)
        bases = readable([document for _, document in paged.rows])
        if status == TaskStatus.RUNNING:
            running = [base for base in bases if base.task.worker is None]
        silent += [base for base in bases if _silent(base, settings, now)]
    named = {base.task.worker.lease for base in silent if base.task.worker is not None}
    if named:
        until_ms = milliseconds(now) + int(settings.lease_s * 1000)
        yield from leases.assume(sorted(named), until_ms)
    left = [base for base in silent if base.task.worker is None and _may_have_ended(base.task)]
    return running, left


def _silent(base: ReadRecord, settings: Settings, now: datetime) -> bool:
    """Whether a record that has not ended, or has a run that is not over, was not written for a
    lease's time.

    A record with a time after now was written before the store's clock was set back: since then the
    caller has seen that clock advance for a lease's time.
    """
    task = base.task
    written_ms = milliseconds(task.updated_at) if task.updated_at else 0
    over = task.ended and task.requested is None
    return not over and abs(milliseconds(now) - written_ms) > int(settings.lease_s * 1000)


def _may_have_ended(task: Task) -> bool:
    """Whether Celery may have an end of a task that no worker holds: a planned one is not
    published, unless (`unseen`) the process before it may have died after the publish. Of a
    replaced one Celery stores the failure of the step before it."""
    return not task.planned or task.replaced or (task.member is not None and task.member.unseen)


def extend(settings: Settings, now: datetime, lease: str) -> Flow[int]:
    """Extends the TTL of the records of all tasks that run under a live lease; returns how many
    there are."""
    now_ms, interval_ms = milliseconds(now), int(settings.cleanup_interval_s * 1000)
    task_ids = yield from leases.held(lease, HELD)
    kept_ms = UNENDED_S * 1000
    yield from records.extend(task_ids, kept_ms + interval_ms, now_ms + kept_ms)
    return len(task_ids)


def lost(base: ReadRecord, locale: Locale, *, living: bool = False) -> Lost | Acknowledged:
    """The event for a run under an expired lease; it is refused if the run writes before it is
    recorded. `living`: the worker is alive, but does not have the run. If the record has ended
    before, the event says that the run is over."""
    worker = base.task.worker
    assert worker is not None
    if base.task.ended:
        return Acknowledged(owner=worker.lease)
    message = text(locale, "run_missing" if living else "lost", worker=worker.name)
    revision = base.task.revision
    return Lost(lease=worker.lease, error_message=message, revision=revision, living=living)


def overdue(base: ReadRecord, settings: Settings, now: datetime) -> Lost | Expired | None:
    """The event for a record that no worker holds, if its message is not delivered any more."""
    task, revision = base.task, base.task.revision
    if task.worker is not None:
        return None
    waits = task.started_at is None or task.eta is not None or task.again_until is not None
    lease = timedelta(seconds=settings.lease_s)  # a worker with the message may record it itself
    if task.expires is not None and waits and now > task.expires + lease:
        return Expired(revision=revision)
    if task.again_until is not None and now > task.again_until:
        message = text(settings.locale, "not_redelivered")
        return Lost(lease=None, error_message=message, revision=revision)
    return None


def given_back(lease: str) -> Flow[list[ReadRecord]]:
    """Runs of a worker that shuts down, with messages that it has not acknowledged."""
    task_ids = yield from leases.held(lease, _GIVEN_BACK)
    documents = yield from records.read(task_ids)
    return [
        base
        for base in readable(documents)
        if not base.task.ended
        and base.task.worker is not None
        and base.task.worker.lease == lease
        and base.task.again_s is not None
    ]
