"""Finds runs whose worker went silent. Flows, and what is said of a lost one; pure."""

from __future__ import annotations

from datetime import datetime

from . import commands as c
from .catalogue import Locale, text
from .events import Lost
from .flows import UNENDED_S, Flow
from .record import Base, milliseconds
from .settings import Settings

#: Leases looked at in one pass, and runs of each: the rest is there for the next pass.
_LEASES = 100
_RUNS = 1_000
LOCK = "reap"


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
        for document in documents:
            if document is None:
                continue
            base = Base.of(document)
            task = base.task
            spoke = milliseconds(task.updated_at) if task.updated_at else 0
            held = task.worker is not None and task.worker.lease == lease and not task.ended
            if held and now_ms - spoke > silence_ms:
                found.append(base)
        if not task_ids:
            # Kept for a while: a store that came back older may know runs of this lease.
            yield c.ForgetLease(lease, now_ms - 10 * silence_ms)
    return found


def extend(settings: Settings, now: datetime, lease: str) -> Flow[int]:
    """Keeps the records of what runs under a living lease from expiring, however long it is
    silent; how many there are."""
    now_ms, interval_ms = milliseconds(now), int(settings.cleanup_interval_s * 1000)
    task_ids: list[str] = yield c.Held(lease, _RUNS)
    kept_ms = UNENDED_S * 1000
    yield c.Extend(tuple(task_ids), kept_ms + interval_ms, now_ms + kept_ms)
    return len(task_ids)


def lost(base: Base, locale: Locale) -> Lost:
    """The verdict on a silent run; refused if the run speaks before it is recorded."""
    worker = base.task.worker
    assert worker is not None
    message = text(locale, "lost", worker=worker.name)
    return Lost(lease=worker.lease, error_message=message, revision=base.task.revision)
