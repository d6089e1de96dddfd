"""One execution (run) of a task in this process: the job's newest values, and the record's
status."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Literal, NamedTuple, Protocol

from celery.exceptions import Ignore

from ..flows.stored_record import ReadRecord
from ..operations.ready_requests import ValueRequest
from ..record import events as ev
from ..record.default_texts import progress_text
from ..record.fields import Link
from ..record.json_text import text_of
from ..record.links import TOO_MANY, link_of, merged
from ..record.model import MAX_ITEMS, TaskStatus
from ..record.update_state_events import count_of
from ..settings import Settings
from ..stacks.frames import JobThread
from .run_log import RunLog

#: Attribute of a Celery request after its run has ended as cancelled, with REVOKED stored.
REVOKED = "_progress_revoked"

logger = logging.getLogger(__name__)


def is_count(number: Any) -> bool:
    """Whether a job's number is a count: no text, not below 0, no part of one item, such as 0.5."""
    if number is None or type(number) is bool:
        return number is None
    try:
        return bool(number >= 1 or number == 0)
    except Exception:  # whatever a user's own number raises
        return False


def _lock() -> threading.Lock:
    return threading.Lock()  # gevent may have patched it since this module was imported


class RunSender(Protocol):
    """The methods of the process's sender that a run calls."""

    always: bool
    settings: Settings

    def now(self) -> datetime:
        """The time by the store's clock, as last measured."""

    def wake(self) -> None:
        """Makes the sender's thread record the newest values now."""

    def wait_while_paused(self, run: Run) -> None:
        """Blocks the job until its record is no longer paused."""

    def close(self, run: Run) -> None:
        """Stops all writes for the run but its end."""


class TaskCancelled(Ignore):  # type: ignore[misc]  # celery is untyped
    """The task's record is cancelled: raised into the job at its next update, and at each later
    one.

    It is a Celery `Ignore`, so that autoretry does not catch it and no failure is stored. Let it
    pass: the job's `finally` blocks run, and Celery's result becomes REVOKED.
    """


class CountingLoop(Protocol):
    """A `track()` loop that counts items for its run."""

    @property
    def done(self) -> int:
        """Items that the loop has finished: the run's `current` while the loop lives."""

    @property
    def over(self) -> bool:
        """Whether the loop has ended: it does not count any more."""

    @property
    def around(self) -> tuple[Any, CountingLoop | None]:
        """The run's total before the loop, and the loop around it, if any."""

    def interrupt(self) -> None:
        """Makes the loop check its run's status."""


class Recorded(Protocol):
    """A run's checkpoint."""

    def text(self) -> str | None:
        """As it is recorded; None without a checkpoint."""


class Outcome(NamedTuple):
    """Celery's state and result of a run that has ended."""

    state: str
    result: Any
    traceback: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Run:
    """The state of one execution, written by the job's thread and read by the sender's.

    `current`, `total`, `message`, `details` and `phase` are the job's newest values; `pending` is
    set while one of them is not yet recorded: setting them is all that `update()` does. They are
    set without a call in between, so that no other thread runs meanwhile.
    `attention` is true while the next `update()` has to do more: wake the sender, wait, or raise.
    """

    task_id: str
    identity: ev.Identity
    sender: RunSender
    celery_task: Any = None
    #: Celery's request of this execution, kept since the sender's thread has no current task.
    request: Any = None
    #: The run's number; None until its Started is recorded.
    attempt: int | None = None
    base: ReadRecord | None = None
    #: The packed Redis request that records its values.
    value_request: ValueRequest | None = None
    #: The record's status as last received from the store.
    status: str = TaskStatus.RUNNING
    #: Monotonic time at which the status was received.
    status_at: float = 0.0
    #: The record refused this run's start: the run continues, unrecorded.
    refused: bool = False
    #: The body is being executed: a further call of it comes from inside.
    entered: bool = False
    #: The body has ended; only the end may still be recorded.
    closed: bool = False
    #: A write of its PROGRESS meta may come after its end: it failed, or the job stopped waiting
    #: for it.
    late_meta: bool = False
    #: The job writes its result's meta itself, by `update_state`; the mirror does not.
    own_meta: bool = False
    #: Its log has the line about counts that the job cannot have meant.
    warned: bool = False
    #: The task called `self.replace()`: its Ignore is no end.
    replaced: bool = False
    #: The `eta` of its retry, or of the task that replaces it.
    eta: datetime | None = None
    #: Held while the record is written.
    lock: threading.Lock = field(default_factory=_lock)
    event_due: float = 0.0
    #: True; after a failed try the monotonic time at which the value was set.
    pending: Literal[True] | float | None = None
    #: The record has refused its last value; it may take the run's end all the same.
    value_refused: bool = False
    attention: bool = True
    urgent: bool = False
    current: Any = 0
    total: Any = None
    message: Any = None
    #: All details that the job has set; merged into the record's.
    details: dict[str, Any] = field(default_factory=dict)
    phase: str | None = None
    #: Monotonic time before which no further value is recorded.
    next_due: float = 0.0
    results: dict[str, Any] = field(default_factory=dict)
    #: The state and result that Celery has stored at the end.
    outcome: Outcome | None = None
    end_message: str | None = None
    error_text: str | None = None
    #: The line of the exception that ends the run, where its class has a better name.
    exception_line: str | None = None
    #: The innermost `track()` loop, which counts without calling `update()`.
    loop: CountingLoop | None = None
    #: References to the open bars of `tqdm`, the outermost first.
    bars: tuple[Any, ...] = ()
    #: The record's checkpoint at the run's start, and the job's own; None until the job uses it.
    found: str | None = None
    checkpoint: Recorded | None = None
    links: tuple[Link, ...] = ()
    #: Where the job is executed, if the run's stack may be taken.
    place: JobThread | None = None
    #: Lines of the task's log; None until the job writes one.
    log: RunLog | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the record is cancelled, as far as this process knows."""
        return self.status == TaskStatus.CANCELLED

    @property
    def listens(self) -> bool:
        """Whether the run continues, neither paused nor cancelled, so that its record is read for
        requests. A run that was recorded as lost is included: its worker may record RunRegained."""
        goes_on = self.status in (TaskStatus.RUNNING, TaskStatus.ERROR)
        return goes_on and not (self.closed or self.refused)

    def acknowledge(self) -> None:
        """Waits while the record is paused; called before the body and within `track()` loops.

        Raises:
            TaskCancelled: the record is cancelled.
        """
        if self.status == TaskStatus.PAUSED:
            self.sender.wait_while_paused(self)
        if self.cancelled:
            raise TaskCancelled(f"task {self.task_id} was cancelled")

    def close(self) -> None:
        """Called when the body has ended, before it returns or raises."""
        self.sender.close(self)

    def write(self, level: str, text: str) -> None:
        """Adds a line to the task's log; the sender's thread stores it."""
        log = self.log
        if log is None:
            self.log = log = RunLog(self.sender.settings.log_kib * 1024)
            log.add(level, text)
            self.sender.wake()
        else:
            log.add(level, text)

    def offer(
        self,
        current: Any,
        total: Any = None,
        message: Any = None,
        details: Mapping[str, Any] | None = None,
        phase: str | None = None,
    ) -> None:
        """Sets the job's newest values; if only the count or the message changes, `update()` itself
        does it.

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

    def link(self, url: Any, title: Any, expires_in: Any) -> None:
        """Adds a link, and wakes the sender.

        Raises:
            ValueError: it cannot be recorded.
        """
        link = link_of(url, title, expires_in, self.sender.now())
        links = merged(self.links, (link,))
        if link not in links:
            raise ValueError(TOO_MANY)
        self.links, self.pending, self.urgent = links, True, True
        self.sender.wake()

    def warn_of(self, current: Any, total: Any) -> None:
        """Logs, once a run, counts that the job cannot have meant, such as 0.5, or 7 of 5."""
        if self.task_id and not self.warned:  # a run without a record has no id
            self.warned = True
            logger.warning(
                "task %s (%s) gave the counts %.50s of %.50s: a count is a number of items, from 0 "
                "to the total, such as 50 of 100",
                *(self.task_id, self.identity.task_type, text_of(current), text_of(total)),
            )

    def leave(self) -> None:
        """Frees the job's arguments, values and result, which may be large, when the run is over
        and its end waits for the store. Not if the mirror may still need them."""
        if self.late_meta or self.outcome is None or self.outcome.state == "REVOKED":
            return
        self.request, self.outcome = None, Outcome(self.outcome.state, None)
        self.results, self.details, self.message = {}, {}, None

    def receive_status(self, status: str) -> None:
        """Receives the record's status. A cancelled run stays cancelled, even if its id was
        published again and the record is another run's."""
        self.status_at = monotonic()
        if not self.cancelled:
            self.status = status
        if status in (TaskStatus.CANCELLED, TaskStatus.PAUSED):
            self.attention = True
            if self.loop is not None:
                self.loop.interrupt()

    def newest(self) -> ev.Progressed | None:
        """Takes the newest values as an event; None if they are recorded already."""
        new, self.pending = self.pending, None
        loop, total, message = self.loop, self.total, self.message
        given = current = self.current if loop is None else loop.done
        if type(current) is not int or not 0 <= current < MAX_ITEMS:
            current = count_of(current)
        if new is None:
            recorded = self.base.task.current_items if self.base is not None else None
            if loop is None or current == recorded:
                return None
        total = None if total is None else count_of(total)
        shown = self.identity.total_items if total is None else total
        if (current is not given and not is_count(given)) or (shown and (current or 0) > shown):
            self.warn_of(given, shown)
        if message is None:
            message = progress_text(self.sender.settings.locale, current or 0, shown)
        elif type(message) is not str:
            message = text_of(message)
        details = self.details if self.phase is None else {**self.details, "phase": self.phase}
        return ev.Progressed(
            attempt=self.attempt,
            current=current,
            total=total,
            message=message,
            details=details,
            results=self.results,
            error_message=self.error_text,
            checkpoint=None if self.checkpoint is None else self.checkpoint.text(),
            links=self.links,
        )
