"""Finds runs whose worker went silent. Flows, and what is said of a lost one; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from ..errors import ForeignValue
from ..record.default_texts import Locale, text
from ..record.events import Cancelled, Event, Expired, Heeded, Lost
from ..record.model import TaskStatus
from ..settings import Settings
from . import commands as c
from .stored_record import Base, milliseconds
from .task_flows import UNENDED_S, Flow, Flows

T = TypeVar("T")

#: Leases looked at in one pass: more workers do not die within the time that a dead one is known.
_LEASES = 10_000
#: Runs that are read, and then judged, in one step.
STEP = 100
#: Runs that one worker may hold at once: a pool of greenlets has thousands.
_HELD = 10_000
#: Runs that a worker gives back at most while it ends.
_GIVEN_BACK = 1_000
#: Records of a status that one pass looks at because nobody holds them.
_UNHELD = 100
#: How far a worker's clock that is not known may be behind the store's; and how far where the
#: result backend may know of an earlier task with the record's id.
_SKEW, _REUSED_SKEW = timedelta(minutes=6), timedelta(minutes=1)
#: How exactly a clock is known that the run's start has told of.
_EXACT = timedelta(seconds=2)
LOCK, UNHELD_LOCK = "reap", "reap_unheld"


def bounded(settings: Settings, now: datetime) -> Flow[None]:
    """Has leases run out in time whose worker renewed them last before the store's clock was set
    back: those that live are renewed before that."""
    now_ms, lease_ms = milliseconds(now), int(settings.lease_s * 1000)
    ahead: list[str] = yield c.Ahead(now_ms + 2 * lease_ms, _LEASES)
    if ahead:
        yield c.Shorten(tuple(ahead), now_ms + lease_ms)


def keeps(settings: Settings, token: str) -> Flow[bool]:
    """Whether the pass over dead workers' runs is the caller's, and stays it for an interval."""
    mine: bool = yield c.Lock(LOCK, token, int(settings.reap_interval_s * 1000))
    return mine


def run_out(settings: Settings, now: datetime, token: str) -> Flow[list[tuple[str, list[str]]]]:
    """The leases that ran out, and the ids of what runs under each. Under one lock; one that has
    been out for long and holds nothing is forgotten."""
    if not (yield from keeps(settings, token)):
        return []
    now_ms, silence_ms = milliseconds(now), int(settings.lease_s * 1000)
    found: list[tuple[str, list[str]]] = []
    for lease, _ in (yield c.Leases(now_ms, _LEASES)):
        task_ids: list[str] = yield c.Held(lease, _HELD)
        if task_ids:
            found.append((lease, task_ids))
        else:
            # Kept for a while: a store that came back older may know runs of this lease.
            yield c.ForgetLease(lease, now_ms - 10 * silence_ms)
    return found


def silent(
    settings: Settings,
    now: datetime,
    lease: str,
    task_ids: Sequence[str],
    at_work: Collection[str] = (),
) -> Flow[list[Base]]:
    """Which of the runs under a lease have been silent for a lease, and are not among those, or on
    a task of those, that their worker is at work on. The caller asks the result backend before it
    judges them."""
    documents: list[bytes | None] = (yield c.Read(tuple(task_ids))) if task_ids else []
    gone = tuple(i for i, d in zip(task_ids, documents, strict=True) if d is None)
    if gone:
        facets = yield c.FacetsOf(gone)
        yield c.Sweep(tuple(map(c.Entry, gone, facets)), 0, lease)
    return [
        base
        for base in _records(documents)
        if base.task.worker is not None
        and base.task.worker.lease == lease
        and base.task.worker.task not in at_work
        and _silent(base, settings, now)
    ]


def suspects(settings: Settings, now: datetime, token: str) -> Flow[list[Base]]:
    """All runs that are held by a lease that ran out and have been silent for a lease, at once."""
    found: list[Base] = []
    for lease, task_ids in (yield from run_out(settings, now, token)):
        for step in steps(task_ids):
            found += yield from silent(settings, now, lease, step)
    return found


def left_over(lease: str, at_work: Collection[str]) -> Flow[list[str]]:
    """Ids of the runs that a living worker holds but is not at work on: once they are silent, their
    process has died with what it had to say."""
    held: list[str] = yield c.Held(lease, _HELD)
    return [task_id for task_id in held if task_id not in at_work]


def steps(of_all: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as are judged in one step."""
    return (of_all[start : start + STEP] for start in range(0, len(of_all), STEP))


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
        with suppress(ForeignValue):
            if document is not None:
                bases.append(Base.of(document))
    return bases


def _silent(base: Base, settings: Settings, now: datetime) -> bool:
    """Whether a record that has not ended, or whose run has not, was not written for a lease.

    One that was written later than now was written before the store's clock was set back: the
    caller has seen that clock go on for a lease since.
    """
    task = base.task
    spoke = milliseconds(task.updated_at) if task.updated_at else 0
    silence_ms = milliseconds(now) - spoke + int(task.clock_back_s * 1000)
    over = task.ended and task.asked is None
    return not over and abs(silence_ms) > int(settings.lease_s * 1000)


def of_this_life(base: Base, end: Event) -> bool:
    """Whether an end that the result backend knows is the record's own, not that of an earlier
    task with its id. Its time is that of the worker's clock, which the runs' starts have told of.
    """
    task = base.task
    if isinstance(end, Cancelled) and task.delivery is not None and task.delivery.again_until:
        return False  # Celery's own word on the run that it ended by itself
    if end.at is None or task.created_at is None:
        return task.worker is not None
    if task.attempt_started_at is not None and task.clock_behind_s is not None:
        return end.at >= task.created_at - timedelta(seconds=task.clock_behind_s) - _EXACT
    if task.worker is not None:
        return end.at >= task.created_at - (_SKEW if task.attempt == 1 else _REUSED_SKEW)
    if task.revision == 1:
        return end.at >= task.created_at - _SKEW
    # A record made anew waits for its first run: an end with a skewed time is not worth a guess.
    made_anew = task.status == TaskStatus.CREATED and task.attempt > 0
    return end.at >= task.created_at and not made_anew


def in_store_time(base: Base, end: Event) -> Event:
    """An end that the result backend knows, with its time by the store's clock, as far as the run's
    start has told what that of its worker was worth."""
    worker = base.task.worker
    if end.at is None or worker is None or not worker.clock_ahead_s:
        return end
    return replace(end, at=end.at - timedelta(seconds=worker.clock_ahead_s))


def extend(settings: Settings, now: datetime, lease: str) -> Flow[int]:
    """Keeps the records of what runs under a living lease from expiring, however long it is
    silent; how many there are."""
    now_ms, interval_ms = milliseconds(now), int(settings.cleanup_interval_s * 1000)
    task_ids: list[str] = yield c.Held(lease, _HELD)
    kept_ms = UNENDED_S * 1000
    yield c.Extend(tuple(task_ids), kept_ms + interval_ms, now_ms + kept_ms)
    return len(task_ids)


def lost(base: Base, locale: Locale, *, living: bool = False) -> Lost | Heeded:
    """The verdict on a silent run; refused if the run speaks before it is recorded. `living`: its
    worker goes on without it. One whose record has ended before is over."""
    worker = base.task.worker
    assert worker is not None
    if base.task.ended:
        return Heeded(owner=worker.lease)
    message = text(locale, "let_go" if living else "lost", worker=worker.name)
    revision = base.task.revision
    return Lost(lease=worker.lease, error_message=message, revision=revision, living=living)


def overdue(base: Base, settings: Settings, now: datetime) -> Lost | Expired | None:
    """The verdict on a record that no worker holds, if its message is not to come any more."""
    task, revision = base.task, base.task.revision
    if task.worker is not None or (delivery := task.delivery) is None:
        return None
    waits = task.started_at is None or delivery.eta is not None or delivery.again_until is not None
    lease = timedelta(seconds=settings.lease_s)  # a worker that has its message may say so itself
    if delivery.expires is not None and waits and now > delivery.expires + lease:
        return Expired(revision=revision)
    if delivery.again_until is not None and now > delivery.again_until:
        message = text(settings.locale, "not_redelivered")
        return Lost(lease=None, error_message=message, revision=revision)
    return None


def given_back(lease: str) -> Flow[list[Base]]:
    """Runs that a worker that ends has in hand without having acknowledged their messages."""
    task_ids: list[str] = yield c.Held(lease, _GIVEN_BACK)
    documents = (yield c.Read(tuple(task_ids))) if task_ids else []
    return [
        base
        for base in _records(documents)
        if not base.task.ended
        and base.task.worker is not None
        and base.task.worker.lease == lease
        and base.task.delivery is not None
        and base.task.delivery.again_s is not None
    ]
