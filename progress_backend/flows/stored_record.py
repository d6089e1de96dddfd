"""A record as flows use it: the task, the digest that a commit compares, and the task's facets."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..errors import ForeignValue, TooLarge, TransitionRefused
from ..operations.index_entry import STILL_RUNS, Facets
from ..record import task_json
from ..record.events import Cancelled, Completed, Created, Event, Paused, Progressed, Resumed
from ..record.fields import Stored
from ..record.model import ENDED, Task, TaskStatus
from ..record.steps import values
from ..record.steps.context import Context
from ..record.transition import transition
from ..settings import Settings

#: A caller's requests, which have no values of their own: a record near its limit takes them.
REQUESTS = (Cancelled, Paused, Resumed)
#: How far a worker's clock may be behind the store's; and the same where the result backend may
#: have an end of an earlier task with the record's id.
_SKEW, _REUSED_SKEW = timedelta(minutes=6), timedelta(minutes=1)


class ReadRecord(NamedTuple):
    """A record as it was last read or written: the base of the next commit."""

    task: Task
    digest: str
    #: Milliseconds since 1970 from which cleanup may delete the record, if known.
    due_ms: int | None = None
    #: The task in its stored form, if `value_in_place` has made it.
    stored: Stored | None = None

    @classmethod
    def of(cls, document: bytes, task_id: str | None = None) -> ReadRecord:
        """A stored document as a Base.

        Raises:
            ForeignValue: the value is no record, or (where `task_id` is given) another task's.
        """
        return cls(task_json.decode(document, task_id), task_json.digest(document))

    def grown_to(self, known: ReadRecord | None) -> ReadRecord:
        """This record as it is stored; or, if Redis came back from a copy older than `known`, with
        the task of `known`. An end or a pause that was written since then stays."""
        stored = self.task
        older = known is not None and (
            known.task.created_at == stored.created_at
            and known.task.revision > stored.revision
            and known.task.attempt >= stored.attempt
            and stored.status in (TaskStatus.CREATED, TaskStatus.RUNNING)
        )
        return ReadRecord(known.task, self.digest) if known is not None and older else self


class Applied(NamedTuple):
    """The record after `apply`; `refused` is the reason if nothing was written."""

    base: ReadRecord
    document: bytes | None
    refused: TransitionRefused | None = None

    @property
    def task(self) -> Task:
        """The record's task."""
        return self.base.task


def readable(documents: Iterable[bytes | None]) -> list[ReadRecord]:
    """The records of these documents; a value of another program under a task's key does not stop
    the check."""
    bases = []
    for document in documents:
        # A client that reads that task gets the error; the check has none to send it to.
        with suppress(ForeignValue):
            if document is not None:
                bases.append(ReadRecord.of(document))
    return bases


def created(task_id: str, event: Created, created_at: datetime, digest: str = "") -> ReadRecord:
    """The record that a publish has written, known without reading it; `digest` is that of its
    document, "" if that is not known."""
    return ReadRecord(transition(None, event, created_at, task_id=task_id, revision=1), digest)


def has_text_since(known: ReadRecord | None, task: Task) -> bool:
    """Whether a caller has given a running record its text since its run knew it."""
    if known is None or task.status != TaskStatus.RUNNING or task.attempt != known.task.attempt:
        return False
    return task.message_code is None and task.message != known.task.message


def steps(
    task_id: str,
    task: Task | None,
    events: tuple[Event, ...],
    now: datetime,
    settings: Settings,
    known: ReadRecord | None = None,
) -> tuple[tuple[Task | None, Event, Task], ...]:
    """Each event, with the record before and after it. A value that its run has set while it knew
    an older record (`known`) leaves the text that a caller has given since. Whether the record
    takes a run's end does not depend on the value before it: if the record refuses that one alone,
    because a newer run has started, the record has the values of the run that has ended.

    Raises:
        TransitionRefused: the record does not take one of them.
    """
    revision = task.revision + 1 if task else 1
    if task and isinstance(events[0], Progressed) and has_text_since(known, task):
        events = (events[0].replace(message=None), *events[1:])

    def after(task: Task | None, event: Event) -> Task:
        return transition(
            task,
            event,
            now,
            task_id=task_id,
            locale=settings.locale,
            lease_s=settings.lease_s,
            revision=revision,
        )

    found = list[tuple[Task | None, Event, Task]]()
    for event in events:
        try:
            then = after(task, event)
        except TransitionRefused:
            if task is None or not isinstance(event, Progressed) or events[-1].attempt is None:
                raise
            after(task, events[-1])  # refused too, also where the value has no end after it
            then = values.of_older_run(
                task, event, Context(now, settings.locale, task_id, 0.0, now)
            )
        found.append((task, event, then))
        task = then
    return tuple(found)


def facets_of(task: Task) -> Facets:
    """A task's facets. A run with a request to end stays in its lease's set until it is over."""
    ended = task.status in ENDED
    held = task.worker if not ended or task.still_runs else None
    lease = held.lease if held is not None else None
    warnings = () if task.warnings is None else task.warnings.kinds
    warnings += (STILL_RUNS,) if held and ended else ()
    later = task.eta is not None and task.status == TaskStatus.CREATED and task.started_at is None
    if (member := task.member) is None:
        about: tuple[Any, ...] = (), False, 0, warnings, task.owner, later
    else:
        unpublished = task.planned or task.never_ran
        about = member.workflows, unpublished, member.share, warnings, task.owner, later
    return Facets(task.status, task.task_type, task.symbol, lease, *about)


def milliseconds(time: datetime) -> int:
    """Milliseconds since 1970."""
    return int(time.timestamp() * 1000)


def encoded(task: Task, clip: bool) -> tuple[Task, bytes]:
    """The task and its document; `clip` shortens what is too large instead of raising."""
    try:
        return task, task_json.encode(task)
    except TooLarge:
        if not clip:
            raise
        task = task_json.clipped(task)
        return task, task_json.encode(task)


def own_end(base: ReadRecord, end: Event | None, settings: Settings) -> Event | None:
    """An end from the result backend as the record is to have it; None if it is that of an earlier
    task with the same id. The end's time is by its worker's clock, which may be wrong."""
    if end is None or not _of_this_life(base.task, end, settings):
        return None
    forgets = isinstance(end, Completed) and not base.task.keeps_results
    return end.replace(results={}) if forgets else end


def _of_this_life(task: Task, end: Event, settings: Settings) -> bool:
    if isinstance(end, Cancelled) and task.again_until:
        return False  # Celery stored REVOKED for a run that it ended by itself
    if end.at is None or task.created_at is None:
        return task.worker is not None
    if task.worker is not None:
        # An earlier task's record would still be there after its end, and have had an attempt.
        sent_again = task.attempt > 1 and task.attempt_started_at == task.started_at
        kept = max(timedelta(seconds=settings.retention_s), _SKEW)
        return end.at >= task.created_at - (_REUSED_SKEW if sent_again else kept)
    # A new record, or a planned one with the one write of `may_have_left`: clocks may differ.
    if task.revision <= 1 + task.planned:
        return end.at >= task.created_at - _SKEW
    # A task that was published again waits for its first run: an end with a skewed time is not
    # taken.
    recreated = task.status == TaskStatus.CREATED and task.attempt > 0
    return end.at >= task.created_at and not recreated
