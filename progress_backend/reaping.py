"""Finds runs whose worker went silent. Flows, and what is said of a lost one; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from . import commands as c
from .catalogue import Locale, text
from .events import Event, Lost
from .flows import UNENDED_S, Flow, Flows
from .model import TaskStatus
from .record import Base, milliseconds
from .settings import Settings

#: Leases looked at in one pass, and runs of each: the rest is there for the next pass.
_LEASES = 100
_RUNS = 1_000
#: Runs that one worker may hold at once: a pool of greenlets has thousands.
_HELD = 10_000
#: Records of a status that one pass looks at because nobody holds them.
_UNHELD = 100
#: How far a worker's clock may be behind the store's; and how far where the result backend may
#: know of an earlier task with the record's id.
_SKEW, _REUSED_SKEW = timedelta(minutes=6), timedelta(minutes=1)
LOCK, UNHELD_LOCK = "reap", "reap_unheld"


def suspects(settings: Settings, now: datetime, token: str) -> Flow[list[Base]]:
    """Runs that are held by a lease that ran out and that have been silent for a lease.

    Under one lock; the caller asks the result backend before it judges each.
    """
    lock_ms = int(settings.reap_interval_s * 1000)
    if not (yield c.Lock(LOCK, token, lock_ms)):
        return []
    now_ms, silence_ms = milliseconds(now), int(settings.lease_s * 1000)
    found: list[Base] = []
    for lease, _ in (yield c.Leases(now_ms, _LEASES)):
        task_ids = yield c.Held(lease, _RUNS)
        documents = yield c.Read(tuple(task_ids))
        gone = tuple(i for i, d in zip(task_ids, documents, strict=True) if d is None)
        if gone:
            facets = yield c.FacetsOf(gone)
            yield c.Sweep(tuple(map(c.Entry, gone, facets)), 0)
        for base in _records(documents):
            held = base.task.worker is not None and base.task.worker.lease == lease
            if held and _silent(base, settings, now):
                found.append(base)
        if not task_ids:
            # Kept for a while: a store that came back older may know runs of this lease.
            yield c.ForgetLease(lease, now_ms - 10 * silence_ms)
    return found


def left_over(
    settings: Settings, now: datetime, lease: str, at_work: Collection[str]
) -> Flow[list[Base]]:
    """Runs that a living worker holds but is not at work on, nor on the task that they are in,
    silent for a lease: their process died with what it had to say.
    """
    held: list[str] = yield c.Held(lease, _HELD)
    task_ids = tuple(task_id for task_id in held if task_id not in at_work)[:_RUNS]
    documents = (yield c.Read(task_ids)) if task_ids else []
    return [
        base
        for base in _records(documents)
        if base.task.worker is not None
        and base.task.worker.lease == lease
        and base.task.worker.task not in at_work
        and _silent(base, settings, now)
    ]


def unheld(flows: Flows, now: datetime, token: str) -> Flow[list[Base]]:
    """Records without an end that no worker holds, silent for a lease: most of them wait for
    theirs, some have ended in a process that died before it could say so.

    A page of each status in each pass, another one each time. Under a lock of its own. Whoever
    holds a silent one under a lease that nobody knows (its worker died before it told of it, or the
    store came back empty) has a lease's time to tell of it; after that `suspects` finds it.
    """
    settings = flows.settings
    interval_ms = int(settings.reap_interval_s * 1000)
    if not (yield c.Lock(UNHELD_LOCK, token, interval_ms)):
        return []
    turn = milliseconds(now) // interval_ms
    silent: list[Base] = []
    for status in (TaskStatus.CREATED, TaskStatus.RUNNING, TaskStatus.PAUSED):
        total = (yield from flows.page(1, 1, status)).total
        if not total:
            continue
        pages = -(-total // _UNHELD)
        paged = yield from flows.page(turn % pages + 1, _UNHELD, status)
        bases = _records([document for _, document in paged.rows])
        silent += [base for base in bases if _silent(base, settings, now)]
    leases = {base.task.worker.lease for base in silent if base.task.worker is not None}
    if leases:
        until_ms = milliseconds(now) + int(settings.lease_s * 1000)
        yield c.Assume(tuple(sorted(leases)), until_ms)
    return [base for base in silent if base.task.worker is None]


def _records(documents: Iterable[bytes | None]) -> list[Base]:
    """Those that there are; somebody else's value under a key of ours stops no pass."""
    bases = []
    for document in documents:
        # Whoever reads the task is told; a pass has nobody to tell.
        with suppress(Exception):
            if document is not None:
                bases.append(Base.of(document))
    return bases


def _silent(base: Base, settings: Settings, now: datetime) -> bool:
    """Whether a record that has not ended was not written for a lease."""
    task = base.task
    spoke = milliseconds(task.updated_at) if task.updated_at else 0
    return not task.ended and milliseconds(now) - spoke > int(settings.lease_s * 1000)


def of_this_life(base: Base, end: Event) -> bool:
    """Whether an end that the result backend knows is the record's own, not that of an earlier
    task with its id. Its time is that of the worker's clock.
    """
    task = base.task
    if end.at is None or task.created_at is None:
        return task.worker is not None
    if task.worker is not None:
        return end.at >= task.created_at - (_SKEW if task.attempt == 1 else _REUSED_SKEW)
    if task.revision == 1:
        return end.at >= task.created_at - _SKEW
    # A record made anew waits for its first run: an end with a skewed time is not worth a guess.
    made_anew = task.status == TaskStatus.CREATED and task.attempt > 0
    return end.at >= task.created_at and not made_anew


def extend(settings: Settings, now: datetime, lease: str) -> Flow[int]:
    """Keeps the records of what runs under a living lease from expiring, however long it is
    silent; how many there are."""
    now_ms, interval_ms = milliseconds(now), int(settings.cleanup_interval_s * 1000)
    task_ids: list[str] = yield c.Held(lease, _HELD)
    kept_ms = UNENDED_S * 1000
    yield c.Extend(tuple(task_ids), kept_ms + interval_ms, now_ms + kept_ms)
    return len(task_ids)


def lost(base: Base, locale: Locale) -> Lost:
    """The verdict on a silent run; refused if the run speaks before it is recorded."""
    worker = base.task.worker
    assert worker is not None
    message = text(locale, "lost", worker=worker.name)
    return Lost(lease=worker.lease, error_message=message, revision=base.task.revision)
