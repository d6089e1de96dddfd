"""Events of a task, named in the past tense; frozen values.

`attempt` is the number of the run that the event is from: the event is refused when a newer run has
the record. It is None in events that are from no run (HTTP, the check for lost runs), UNRECORDED
in those of a run without a recorded start, since the outbox was full. `owner`
is the lease of a worker's main process: its event is refused when the record is held by another
lease, or (with `run`) by another run of that worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

from msgspec import Struct, field, structs

from .act import Act
from .fields import Link
from .model import Member, Warnings, Worker

#: As an event's attempt: its run has no number.
UNRECORDED: Final = -1
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Identity(NamedTuple):
    """The attributes of a Task that are fixed when it is created; later events carry them too, so
    that a missing record can be made."""

    task_type: str
    total_items: int | None = None
    symbol: str | None = None
    metadata: Mapping[str, Any] = _NOTHING
    parent_id: str | None = None
    root_id: str | None = None
    group_id: str | None = None
    keeps_results: bool = True
    member: Member | None = None
    expect_s: float | None = None
    stall_s: float | None = None
    owner: str | None = None
    traceparent: str | None = None
    #: Whether its arguments are kept; None for a task that other programs may not start.
    again: bool | None = None
    #: The task that this one runs again.
    again_of: str | None = None
    #: Whether Celery's beat has published it, on its schedule.
    scheduled: bool = False
    #: Whether its arguments are kept, if they are small, though other programs may not start it.
    keeps_message: bool = False


class EndRequest(NamedTuple):
    """A caller's request, by HTTP or a service, that the record ends."""

    by: str | None = None
    reason: str | None = None
    #: Whether the record ends even while a worker runs the task; the run is then stopped.
    force: bool = False
    #: A lease that has expired in the store: a run under it does not prevent the end.
    gone: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """Base of all events."""

    attempt: int | None = None
    owner: str | None = None
    #: The run that the event is about, by the number that the worker's main process gave it.
    run: int | None = None
    #: The time of the event, if it is recorded later.
    at: datetime | None = None

    def of_attempt(self, attempt: int) -> Self:
        """The event with the number of the run that it is from."""
        return self if self.attempt is not None else self.replace(attempt=attempt)

    def happened_at(self, now: datetime) -> Self:
        """The event with its own time, for an event that is recorded later."""
        return self if self.at is not None else self.replace(at=now)

    def without_values(self) -> Self:
        """The event without the mappings that a job gave; the event itself if it has none."""
        given = [name for name in ("results", "details") if getattr(self, name, None)]
        return self.replace(**dict.fromkeys(given, _NOTHING)) if given else self

    def replace(self, **values: Any) -> Self:
        """The event with other values of some fields."""
        return structs.replace(self, **values)


class Created(Event, frozen=True, kw_only=True):
    """The task was published by Celery, or created by HTTP or a service."""

    identity: Identity
    #: The message's `eta` and `expires`: its run does not start before the one or after the other.
    eta: datetime | None = None
    expires: datetime | None = None
    #: The name of the workflow that the task belongs to, where this is its first message.
    workflow_name: str | None = None
    #: How many members its caller expects.
    workflow_total: int | None = None
    #: Arguments and options, as they are kept; None if they are not.
    message: bytes | None = None


class Planned(Event, frozen=True, kw_only=True):
    """Another task's message, before it is published, names the task as one of the steps that
    follow."""

    identity: Identity
    #: Whether the canvas is published again, not continued: only then ended records restart.
    sent_again: bool = True


class NeverPublished(Event, frozen=True, kw_only=True):
    """A planned task will not be published: a step before it has not completed, or its workflow did
    not continue."""

    error_message: str
    cause: str
    #: Whether the record is cancelled, as the step before it was, instead of failed.
    cancelled: bool = False


class WorkflowRequested(Event, frozen=True, kw_only=True):
    """A caller has requested a cancel, a pause or a resume of a whole workflow that the task is a
    member of."""

    workflow_id: str
    act: Act


class Started(Event, frozen=True, kw_only=True):
    """A worker started to run the task (`task_prerun`)."""

    identity: Identity
    worker: Worker | None = None
    retries: int = 0
    #: Seconds after which the broker delivers the message again if it is not acknowledged; None: it
    #: was acknowledged before the run.
    again_s: float | None = None
    #: The broker delivered the message again, or the task was published again.
    redelivered: bool = False
    #: The message was delivered again, to a worker that has no other run of the task.
    alone: bool = False

    def of_attempt(self, attempt: int) -> Self:
        """The start unchanged: it creates the next attempt, and is not from one."""
        return self


class Progressed(Event, frozen=True, kw_only=True):
    """The run has new values. None keeps a value as it is; `results` and `details` are merged."""

    current: int | None = None
    total: int | None = None
    message: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    error_message: str | None = None
    #: Position from which the next attempt continues; recorded without redaction.
    checkpoint: str | None = None
    #: Merged by their addresses; recorded without redaction.
    links: tuple[Link, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the event has no values."""
        given = (self.current, self.total, self.message, self.error_message, self.checkpoint)
        return given == (None,) * 5 and not (self.details or self.results or self.links)


class Paused(Event, frozen=True, kw_only=True):
    """A caller requested that the job waits."""

    message: str | None = None
    by: str | None = None
    reason: str | None = None


class Resumed(Event, frozen=True, kw_only=True):
    """A caller resumed a paused job."""

    message: str | None = None
    by: str | None = None


class Acknowledged(Event, frozen=True, kw_only=True):
    """The run has carried out the request in the record's control: it waits, or it has ended."""


class Repeated(Event, frozen=True, kw_only=True):
    """A caller has had the ended task run again, as another task."""

    task_id: str


class Retried(Event, frozen=True, kw_only=True):
    """The run ended with `self.retry()` (`task_retry`)."""

    #: The reason, in one line.
    message: str | None = None
    retries: int = 0
    #: The task's `max_retries`; None: without a limit, or not known.
    limit: int | None = None
    #: Time before which the new message starts no run.
    eta: datetime | None = None


class Requeued(Event, frozen=True, kw_only=True):
    """The message went back to the queue, or was published again."""

    #: The new message's `retries`, if another process than the run's has published it.
    retries: int | None = None
    #: Time before which the new message starts no run.
    eta: datetime | None = None
    #: Set if Celery itself ended the run: seconds after which the broker delivers the
    #: unacknowledged message again.
    again_s: float | None = None
    #: Whether a canvas replaced the run, and a later step of it publishes the task's next message.
    planned: bool = False


class Completed(Event, frozen=True, kw_only=True):
    """The run returned (`task_success`)."""

    results: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None
    current: int | None = None
    asked: EndRequest | None = None


class Failed(Event, frozen=True, kw_only=True):
    """The run raised, was killed by a time limit or with its process, or the task could not be
    published."""

    error_message: str
    #: Whether the job or a caller gave that text, and not an exception.
    given: bool = False
    cause: str = "exception"
    #: The task's identity if its publish failed: the record is created from it if the store was
    #: unreachable too.
    identity: Identity | None = None
    #: The failed run's `retries`, where its attempt is not known: a retry is another run.
    retries: int | None = None
    #: Seconds after which the broker delivers the message again, if it is known to do so.
    again_s: float | None = None
    message: str | None = None
    results: Mapping[str, Any] = field(default_factory=dict)
    current: int | None = None
    asked: EndRequest | None = None


class Cancelled(Event, frozen=True, kw_only=True):
    """A caller cancelled or revoked the task, or the task expired."""

    message: str | None = None
    by: str | None = None
    reason: str | None = None


class Lost(Event, frozen=True, kw_only=True):
    """The run is gone without an end: its worker's lease has expired, its worker does not have the
    run any more, or its message was not delivered again."""

    #: The worker's lease; None if the task's message was not delivered again.
    lease: str | None
    error_message: str
    #: The record's revision when the run was judged; the event is refused for a newer one.
    revision: int
    #: Whether the worker itself is alive.
    living: bool = False


class RunRegained(Event, frozen=True, kw_only=True):
    """The worker of a run that was recorded as lost has renewed its lease, and has the run."""


class Expired(Event, frozen=True, kw_only=True):
    """No worker started the task before its `expires`: the broker may have dropped the message."""

    #: The record's revision when it was judged, as in Lost.
    revision: int


class Warned(Event, frozen=True, kw_only=True):
    """The check of running tasks found a new warning."""

    warnings: Warnings
    #: The record's revision when it was judged, as in Lost.
    revision: int


#: Reason of the cancel with which a command of Celery's killed the run.
TERMINATED = "terminated"
#: Reason of a cancel that only the result backend has (REVOKED): Celery stores that too when it
#: ends a run by itself, so perhaps no caller requested it.
STORED = "result backend"
#: Reason of the cancel of a run that raised Ignore.
IGNORED = "Ignore"


class Ignored(Event, frozen=True, kw_only=True):
    """The run raised Ignore, for which Celery stores no end."""


#: All kinds of events.
EVENTS: Final = frozenset(Event.__subclasses__())
