"""One execution of a task in this process: what the job hands over, and what it is told."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from time import monotonic
from typing import Any, Literal, NamedTuple, Protocol

from celery.exceptions import Ignore

from ..flows.stored_record import Base
from ..record import events as ev
from ..record.json_text import text_of
from ..record.model import TaskStatus
from ..record.update_state_events import count_of

#: Attribute of Celery's request: its run has ended as cancelled, and Celery has REVOKED for it.
REVOKED = "_progress_revoked"


class Desk(Protocol):
    """What a run needs of the process's sender."""

    always: bool

    def wake(self) -> None:
        """Have the newest values picked up now."""

    def wait_while_paused(self, run: Run) -> None:
        """Hold the job until its record is no longer paused."""

    def progress_text(self, current: int, total: int | None) -> str:
        """What an update without a message says."""

    def close(self, run: Run) -> None:
        """Have nothing written for the run any more but its end."""


class TaskCancelled(Ignore):  # type: ignore[misc]  # celery is untyped
    """The task was cancelled: raised into the job at its next update, and at each one after.

    Celery's Ignore, so that autoretry lets it pass and no failure is recorded.
    """


class CountingLoop(Protocol):
    """A loop that counts for its run."""

    @property
    def done(self) -> int:
        """Items that the loop is done with: the run's figure while the loop lives."""

    def interrupt(self) -> None:
        """Have the loop look at its run's status."""


class Outcome(NamedTuple):
    """Celery's state and result of a run that is over."""

    state: str
    result: Any
    traceback: str | None = None


class Run:
    """Written by the job's thread, read by the sender's.

    `current`, `total`, `message`, `details` and `phase` are what the job said last, `pending` says
    that something of it is not yet recorded: setting them is all that `update()` does. They are set
    without a call in between, where threads do not change.
    `attention` is true while the next `update()` has to do more: wake the sender, wait, or raise.
    """

    __slots__ = (
        "attempt",
        "attention",
        "base",
        "celery_task",
        "closed",
        "current",
        "details",
        "end_message",
        "entered",
        "error_text",
        "eta",
        "event_due",
        "heard_at",
        "identity",
        "lock",
        "loop",
        "message",
        "next_due",
        "outcome",
        "own_meta",
        "pending",
        "phase",
        "refused",
        "replaced",
        "request",
        "results",
        "sender",
        "status",
        "task_id",
        "total",
        "urgent",
    )

    def __init__(
        self,
        task_id: str,
        identity: ev.Identity,
        sender: Desk,
        *,
        celery_task: Any = None,
        request: Any = None,
    ) -> None:
        self.task_id = task_id
        self.identity = identity
        self.sender = sender
        self.celery_task = celery_task
        #: Celery's request of this execution, captured: the sender's thread has no current task.
        self.request = request
        #: The run's number; None until its Started is recorded.
        self.attempt: int | None = None
        self.base: Base | None = None
        #: The record's status as the store last told it.
        self.status: str = TaskStatus.RUNNING
        #: Monotonic seconds at which the store told it.
        self.heard_at = 0.0
        #: The record did not take this run: it goes on, unrecorded.
        self.refused = False
        #: The body is under way: what calls it is called from it.
        self.entered = False
        #: The body has ended; nothing but the end may be recorded.
        self.closed = False
        #: The job writes its result's meta itself, by `update_state`: nobody else does then.
        self.own_meta = False
        #: The task replaced itself: its Ignore is no end.
        self.replaced = False
        #: Before which its retry, or what replaces it, is not to begin.
        self.eta: datetime | None = None
        #: Held while the record is written.
        self.lock = threading.Lock()
        self.event_due = 0.0
        #: A number: it is that old, in monotonic seconds, and the store was away.
        self.pending: Literal[True] | float | None = None
        self.attention = True
        self.urgent = False
        self.current: Any = 0
        self.total: Any = None
        self.message: Any = None
        #: All that the job has said; merged into the record's.
        self.details: dict[str, Any] = {}
        self.phase: str | None = None
        #: Monotonic seconds before which no further value is recorded.
        self.next_due = 0.0
        self.results: dict[str, Any] = {}
        #: What Celery has stored at the end.
        self.outcome: Outcome | None = None
        self.end_message: str | None = None
        self.error_text: str | None = None
        #: The `track()` at hand, which counts without calling `update()`.
        self.loop: CountingLoop | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the record is cancelled, as far as this process knows."""
        return self.status == TaskStatus.CANCELLED

    @property
    def listens(self) -> bool:
        """Whether it goes on, and nothing that it was told holds or ends it."""
        return self.status == TaskStatus.RUNNING and not (self.closed or self.refused)

    def heed(self) -> None:
        """Before the body and within loops: a paused task waits, a cancelled one ends.

        Raises:
            TaskCancelled: the record is cancelled.
        """
        if self.status == TaskStatus.PAUSED:
            self.sender.wait_while_paused(self)
        if self.cancelled:
            raise TaskCancelled(f"task {self.task_id} was cancelled")

    def close(self) -> None:
        """The body is about to return or raise."""
        self.sender.close(self)

    def offer(
        self,
        current: Any,
        total: Any = None,
        message: Any = None,
        details: Mapping[str, Any] | None = None,
        phase: str | None = None,
    ) -> None:
        """Takes what a job says; `update()` itself does it where only the figures are new.

        Raises:
            TaskCancelled: the record is cancelled.
        """
        if self.cancelled:
            self.pending = None
            raise TaskCancelled(f"task {self.task_id} was cancelled")
        urgent = (
            self.attention or total not in (None, self.total) or phase not in (None, self.phase)
        )
        merged = {**self.details, **details} if details else self.details
        if current is not None:
            self.current, self.message = current, message
        elif message is not None:
            self.message = message
        if total is not None:
            self.total = total
        if phase is not None:
            self.phase = phase
        self.details, self.pending = merged, True
        if urgent:
            self.attention = self.sender.always
            self.urgent = True
            self.sender.wake()
        if self.status == TaskStatus.PAUSED:
            self.sender.wait_while_paused(self)
            if self.cancelled:
                self.offer(current, total, message, details, phase)

    def told(self, status: str) -> None:
        """Takes the status that the store answered with. A run stays cancelled, also where its id
        has a fresh record since, which another run is meant for."""
        self.heard_at = monotonic()
        if not self.cancelled:
            self.status = status
        if status in (TaskStatus.CANCELLED, TaskStatus.PAUSED):
            self.attention = True
            if self.loop is not None:
                self.loop.interrupt()

    def newest(self) -> ev.Progressed | None:
        """The newest figures as an event, taken; None if nothing is new."""
        new, self.pending = self.pending, None
        loop = self.loop
        current = count_of(self.current) if loop is None else loop.done
        if new is None:
            recorded = self.base.task.current_items if self.base is not None else None
            if loop is None or current == recorded:
                return None
        total, message = count_of(self.total), self.message
        if message is None:
            shown = self.identity.total_items if total is None else total
            message = self.sender.progress_text(current or 0, shown)
        details = self.details if self.phase is None else {**self.details, "phase": self.phase}
        return ev.Progressed(
            attempt=self.attempt,
            current=current,
            total=total,
            message=message if type(message) is str else text_of(message),
            details=details,
            results=self.results,
            error_message=self.error_text,
        )
