"""Flows: what the library does with a store, as generators that yield calls, receive the replies
and do no I/O. `Store` and `AsyncStore` drive them, so that nothing is written twice for `await`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from ..errors import (
    ConcurrentUpdate,
    HeldByWorker,
    InvalidEvent,
    TaskNotFound,
    TransitionRefused,
)
from ..operations import counts, leases, records, workflows
from ..operations.call import Call
from ..operations.commit import Commit, Committed
from ..operations.commits import CommitCall
from ..operations.index_entry import StoredFacets
from ..operations.workflows import drop
from ..record import past_runs, task_json
from ..record.document import read_stored, written
from ..record.events import (
    Completed,
    Created,
    Event,
    Failed,
    NeverPublished,
    Planned,
    Progressed,
    WorkflowRequested,
)
from ..record.model import MAX_ID, Task, TaskStatus, is_plain
from ..record.model import replace as task_with
from ..record.redaction import Redaction
from ..settings import Settings
from .flow import Flow
from .parts import default_parts
from .parts.change import Change, CommitPart, Reacts
from .stored_record import REQUESTS, Applied, ReadRecord, encoded, facets_of, milliseconds, steps
from .task_lifetimes import document_ttl_ms, due_ms

if TYPE_CHECKING:
    from ..credentials.targets import Targets

T = TypeVar("T")

#: Commits that are tried against concurrent writers before giving up.
TRIES = 8
#: A task's time in the expiry set is moved in steps of an hour, not with each value.
DUE_STEP_MS = 3_600_000
#: Events that create a record if there is none, mostly.
_MAKING = (Created, Planned)


@dataclass(frozen=True, slots=True)
class Records:
    """The flows under one set of settings. Times are aware; `now` is the caller's."""

    settings: Settings
    #: The webhook targets that are configured now; None without any.
    targets: Targets | None
    #: Logs an exception after which a flow continues: what failed, the exception, the task's id.
    fault: Callable[[str, Exception, str], None]
    #: Masks secrets in events.
    redaction: Redaction = field(init=False)
    #: The parts of commits.
    parts: tuple[CommitPart, ...] = field(init=False)
    #: The questions of the parts that may add to a run's value.
    on_value: tuple[Reacts, ...] = field(init=False)
    #: The parts that the Redis user may not run, each logged once.
    left_out: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        object.__setattr__(self, "redaction", self.settings.redaction)
        object.__setattr__(self, "parts", default_parts(self.settings, self.targets))
        asked = dict.fromkeys(part.when for part in self.parts_on(Progressed))
        object.__setattr__(self, "on_value", tuple(asked))

    def get(self, task_id: str) -> Flow[bytes | None]:
        """A record's document, with its bookkeeping; None if there is none.

        Raises:
            ForeignValue: the value that is stored there is no record.
        """
        (stored,) = yield from records.read((task_id,))
        return None if stored is None else written(read_stored(stored, task_id))

    def apply(
        self,
        task_id: str,
        events: tuple[Event, ...],
        now: datetime,
        *,
        base: ReadRecord | None = None,
        clip: bool = False,
    ) -> Flow[Applied]:
        """Records events, without their secrets, in one commit; again if another writer was first.

        `base` is the record as the caller last read or wrote it, from which it is created again if
        its document is gone. `clip` (set for requests) shortens large values instead of raising.

        Raises:
            TaskNotFound: there is no record, and the events do not make one.
            ForeignValue: the value that is stored there is no record.
            ConcurrentUpdate: others were first `TRIES` times.
            InvalidEvent: the id is so long that no HTTP client could read the record; or id, type
                or symbol has control characters.
            TooLarge: the document would outgrow its limit.
        """
        _refuse_id(str(task_id))
        known, stored_now, given = base, False, tuple(self.redaction.of(e, clip) for e in events)
        if base is None and not isinstance(events[0], _MAKING):
            base, stored_now = (yield from _stored(task_id)), True
        facets_before: StoredFacets = facets_of(base.task) if base else None
        events, clip = given, clip or all(isinstance(event, REQUESTS) for event in given)
        for _ in range(TRIES):
            try:
                made = steps(task_id, base and base.task, events, now, self.settings, known)
            except TransitionRefused as refused:
                # The caller's base may be old; what is stored decides.
                stored = None if stored_now else (yield from _stored(task_id))
                if stored is None:
                    if base is None:
                        raise TaskNotFound(task_id) from refused
                    return Applied(base, None, refused)
                base, stored_now, facets_before = stored, True, facets_of(stored.task)
                continue
            task = made[-1][2]
            if base is None or task is not base.task:
                if task.rate:
                    task = yield from self._with_history(task)
            elif not isinstance(events[0], _MAKING):
                return Applied(base, None)
            task, document = encoded(task, clip)
            commit, due = self.commit(base, facets_before, made, task, document, now)
            if base is not None and task is base.task and not commit.parts:
                return Applied(base, None)
            committed = yield from CommitCall(commit)
            if committed.done:
                self.log_left_out(committed.left_out, task_id)
                return Applied(ReadRecord(task, task_json.digest(document), due), document)
            events = yield from _followed(given, committed, base and base.task, task)
            stored_now, facets_before = True, committed.facets
            if committed.document is not None:
                base = ReadRecord.of(committed.document, task_id).grown_to(known)
            else:
                base = known and known._replace(digest="")
        raise ConcurrentUpdate(task_id, TRIES)

    def commit(
        self,
        base: ReadRecord | None,
        facets_before: StoredFacets,
        steps: tuple[tuple[Task | None, Event, Task], ...],
        task: Task,
        document: bytes,
        now: datetime,
    ) -> tuple[Commit, int]:
        """The commit of these steps, with its parts; and the time (ms) of the record's cleanup.

        Raises:
            InvalidEvent: a new record's type or symbol has control characters.
        """
        before = base.task if base else None
        making = isinstance(steps[0][1], _MAKING)
        fresh = before is None or (making and before.ended and not task.ended)
        if fresh:
            _refuse_controls("task_type", task.task_type)
            _refuse_controls("symbol", task.symbol or "")
        now_ms, facets_after = milliseconds(now), facets_of(task)
        due = due_ms(task, now_ms, self.settings)
        known = base.due_ms if base is not None and base.digest and not fresh else None
        if known is not None and known // DUE_STEP_MS == due // DUE_STEP_MS:
            due = known
        kinds = {type(event) for _, event, _ in steps}
        change = Change(before, task, facets_before, facets_after, steps, document)
        commit = Commit(
            task_id=task.task_id,
            expected=base.digest if base else "",
            document=document,
            before=facets_before,
            after=facets_after,
            ttl_ms=document_ttl_ms(task, due, now_ms, self.settings),
            due_ms=None if due is known else due,
            fresh=fresh,
            end_ms=milliseconds(task.completed_at) if task.completed_at and task.ended else None,
            parts=tuple(part for one in self.parts_on(*kinds) for part in one.parts(change)),
            acts=task.member.acts if task.member is not None else (),
        )
        return commit, due

    def parts_on(self, *events: type[Event]) -> tuple[CommitPart, ...]:
        """The parts that react to one of these events."""
        return tuple(part for part in self.parts if not part.events.isdisjoint(events))

    def log_left_out(self, parts: tuple[str, ...], task_id: str) -> None:
        """Logs, once for each part, that the Redis user may not run it."""
        for part in parts:
            if part not in self.left_out:
                self.left_out.add(part)
                error = PermissionError(f"the user of PROGRESS_REDIS_URL may not run {part}.lua")
                self.fault("a part of commits is left out", error, task_id)

    def _with_history(self, task: Task) -> Flow[Task]:
        """The task with the times of its type's past runs, as soon as its run has a rate: from then
        on its range is computed from its record alone."""
        if task.usual is not None or task.status != TaskStatus.RUNNING:
            return task
        runs = yield from records.runs_of(task.task_type)
        return task_with(task, usual=past_runs.history(runs).numbers)

    def ask(self, task_id: str, events: tuple[Event, ...], now: datetime) -> Flow[Applied]:
        """Records a caller's request, as `apply`; an end that is not forced is refused while the
        worker that runs the task is alive.

        The worker's lease is read only if the end is refused because of it. A run that has started
        since then has another lease, or has written the record, and the request is tried again. A
        lease that was renewed only after this read had expired, as for the check for lost runs.
        """
        for _ in range(TRIES):
            applied = yield from self.apply(task_id, events, now)
            held = applied.refused
            if not isinstance(held, HeldByWorker):
                return applied
            until_ms = yield from leases.ends_at(held.lease)
            if until_ms is not None and until_ms >= milliseconds(now):
                return applied
            events = tuple(_freed(event, held.lease) for event in events)
        raise ConcurrentUpdate(task_id, TRIES)

    def count(self, now: datetime) -> Call[counts.TaskCounts]:
        """The store's counts: all records, running ones, and those created today, in the configured
        zone."""
        today = now.astimezone(self.settings.zone())
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return counts.store(milliseconds(midnight))


def _followed(
    events: tuple[Event, ...], committed: Committed, before: Task | None, after: Task
) -> Flow[tuple[Event, ...]]:
    """A member's events, followed by the requests because of which their commit was refused. If all
    members have ended, and a record starts again, the canvas was published again: earlier requests
    are not for it."""
    directed: list[Event] = []
    for workflow_id, act in committed.acts:
        again = before is not None and before.ended and not after.ended
        if again and isinstance(events[0], _MAKING):
            found = yield from workflows.figures(workflow_id, act.at_ms)
            if found.ended == found.total:
                yield from drop(workflow_id, act.id)
                continue
        directed.append(WorkflowRequested(workflow_id=workflow_id, act=act))
    if isinstance(events[0], NeverPublished) and directed:
        return tuple(directed)  # a planned member gets the earlier request instead
    return (*events, *directed)


def _stored(task_id: str) -> Flow[ReadRecord | None]:
    (document,) = yield from records.read((task_id,))
    return None if document is None else ReadRecord.of(document, task_id)


def _freed(event: Event, lease: str) -> Event:
    if isinstance(event, (Completed, Failed)) and event.asked is not None:
        return event.replace(asked=event.asked._replace(gone=lease))
    return event


def _refuse_id(task_id: str) -> None:
    if len(task_id) > MAX_ID:
        raise InvalidEvent(f"a task id has at most {MAX_ID} characters, not {len(task_id)}")
    if not task_id.isprintable():  # as most are, without a call
        _refuse_controls("a task id", task_id)


def _refuse_controls(what: str, name: str) -> None:
    if not is_plain(name):
        raise InvalidEvent(f"{what} has no control characters: {name!r}")
