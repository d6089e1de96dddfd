"""One execution of a task in this process: what the job hands over, and what it is told."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from celery.exceptions import Ignore

from . import events as ev
from .captured import count_of
from .model import TaskStatus
from .record import Base


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


class Value(NamedTuple):
    """What `update()` was last called with."""

    current: int | None = None
    total: int | None = None
    message: str | None = None
    details: Mapping[str, Any] | None = None
    phase: str | None = None


class CountingLoop(Protocol):
    """A loop that counts for its run."""

    def sample(self) -> Value | None:
        """The figures, if they have changed."""

    def interrupt(self) -> None:
        """Have the loop look at its run's status."""


class Run:
    """Written by the job's thread, read by the sender's.

    `pending` is the newest value not yet recorded; replacing it is all that `update()` does.
    `attention` is true while the next `update()` has to do more: wake the sender, wait, or raise.
    """

    __slots__ = (
        "attempt",
        "attention",
        "base",
        "celery_task",
        "closed",
        "current",
        "end_message",
        "error_text",
        "event_due",
        "identity",
        "lock",
        "loop",
        "mirror_lock",
        "next_due",
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
        #: The record did not take this run: it goes on, unrecorded.
        self.refused = False
        #: The body has ended; nothing but the end may be recorded.
        self.closed = False
        #: The task replaced itself: its Ignore is no end.
        self.replaced = False
        #: Held while the record is written.
        self.lock = threading.Lock()
        #: Held while result meta and event are written.
        self.mirror_lock = threading.Lock()
        self.event_due = 0.0
        self.pending: tuple[Any, ...] | None = None
        self.attention = True
        self.urgent = False
        self.current = 0
        self.total: int | None = identity.total_items
        self.phase: str | None = None
        #: Monotonic seconds before which no further value is recorded.
        self.next_due = 0.0
        self.results: dict[str, Any] = {}
        self.end_message: str | None = None
        self.error_text: str | None = None
        #: The `track()` at hand, which counts without calling `update()`.
        self.loop: CountingLoop | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the record is cancelled, as far as this process knows."""
        return self.status == TaskStatus.CANCELLED

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

    def offer(self, value: tuple[Any, ...]) -> None:
        """Takes a value (as `Value`, in its order); what `update()` does, spelled out.

        Raises:
            TaskCancelled: the record is cancelled.
        """
        self.pending = value
        if self.attention or value[1] not in (None, self.total):
            self.attend(value)

    def attend(self, value: tuple[Any, ...]) -> None:
        """What `update()` does when something needs more than the newest value.

        Raises:
            TaskCancelled: the record is cancelled.
        """
        if self.cancelled:
            self.pending = None
            raise TaskCancelled(f"task {self.task_id} was cancelled")
        _, total, _, _, phase = value
        if total is not None:
            self.total = total
        if phase is not None:
            self.phase = phase
        self.attention = self.sender.always
        self.urgent = True
        self.sender.wake()
        if self.status == TaskStatus.PAUSED:
            self.sender.wait_while_paused(self)
            if self.cancelled:
                self.attend(value)

    def told(self, status: str) -> None:
        """Takes the status that the store answered with."""
        self.status = status
        if status in (TaskStatus.CANCELLED, TaskStatus.PAUSED):
            self.attention = True
            if self.loop is not None:
                self.loop.interrupt()

    def newest(self) -> ev.Progressed | None:
        """The newest value as an event, taken; None if nothing is new."""
        raw, self.pending = self.pending, None
        sampled = self.loop.sample() if raw is None and self.loop is not None else None
        if raw is None and sampled is None:
            return None
        value = Value(*raw) if raw is not None else sampled
        assert value is not None
        current, total = count_of(value.current), count_of(value.total)
        if current is not None:
            self.current = current
        details = dict(value.details or {})
        if value.phase is not None:
            details["phase"] = value.phase
        message = value.message
        if message is None and current is not None:
            shown = self.total if total is None else total
            message = self.sender.progress_text(current, shown)
        return ev.Progressed(
            attempt=self.attempt,
            current=current,
            total=total,
            message=None if message is None else str(message),
            details=details,
            results=self.results,
            error_message=self.error_text,
        )
