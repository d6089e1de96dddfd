"""What happened to a task, in the past tense; frozen values.

`attempt` names the run that speaks and fences it: None speaks for whatever runs (HTTP, the
reaper). `owner` is the lease of a worker's main process: such an event counts only while that
lease, or none, owns the record; with `run`, only while that run of it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from .model import Worker

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Identity(NamedTuple):
    """What is fixed when a task is created; carried along so that a missing record can be made."""

    task_type: str
    total_items: int | None = None
    symbol: str | None = None
    metadata: Mapping[str, Any] = _NOTHING
    parent_id: str | None = None
    root_id: str | None = None
    group_id: str | None = None
    #: Whether what the task returns is recorded.
    keeps_results: bool = True


class Asked(NamedTuple):
    """Who wants an end, by HTTP or a service, that is neither the run's word nor Celery's."""

    by: str | None = None
    reason: str | None = None
    #: Whether the record ends although a run holds it, which is stopped then.
    force: bool = False
    #: The lease that has run out, as the store says: who runs under it is no obstacle.
    gone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events."""

    attempt: int | None = None
    owner: str | None = None
    #: The number by which that main process knows the run that it speaks of.
    run: int | None = None
    #: When it happened, if it is recorded later than that.
    at: datetime | None = None

    def of_attempt(self, attempt: int) -> Self:
        """The event as the word of a run."""
        return self if self.attempt is not None else replace(self, attempt=attempt)

    def happened_at(self, now: datetime) -> Self:
        """The event with its time, for when it is recorded later."""
        return self if self.at is not None else replace(self, at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Created(Event):
    """The task was published, or made by HTTP."""

    identity: Identity
    #: Before and after which its message is not to begin a run.
    eta: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """A run began."""

    identity: Identity
    worker: Worker | None = None
    retries: int = 0
    #: Seconds after which the broker gives the message out again if it is not acknowledged; None:
    #: it was acknowledged before the run.
    again_s: float | None = None
    #: The broker delivered the message again, or the task was published again.
    redelivered: bool = False
    #: The same moment by the worker's own clock, in seconds since 1970: Celery's times are its.
    own_clock_s: float | None = None

    def of_attempt(self, attempt: int) -> Self:
        """A start is fenced by nothing: it makes the next attempt."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed(Event):
    """New figures. None leaves a value as it is; `results` and `details` are merged."""

    current: int | None = None
    total: int | None = None
    message: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    error_message: str | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether there are no figures in it."""
        given = (self.current, self.total, self.message, self.error_message)
        return given == (None,) * 4 and not self.details and not self.results


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """Somebody asked the job to wait."""

    message: str | None = None
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """Somebody let a waiting job go on."""

    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded(Event):
    """The run does as its record asks: it waits, or it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried(Event):
    """The run ended and asked to be run again."""

    #: Why, in one line.
    message: str | None = None
    retries: int = 0
    #: How often the task may be retried; None: for ever, or it is not known.
    limit: int | None = None
    #: Before which the new message is not to begin a run.
    eta: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued(Event):
    """The message went back to the queue, or was published again."""

    #: Celery's count in the new message, where it was published by another process than the run's.
    retries: int | None = None
    #: Before which the new message is not to begin a run.
    eta: datetime | None = None
    #: Celery itself ended the run: seconds after which the broker gives the message out again that
    #: the worker has not acknowledged.
    again_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(Event):
    """The run returned."""

    results: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None
    current: int | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """The run raised, was killed by a limit, or could not be published."""

    error_message: str
    cause: str = "exception"
    #: Of a task that could not be published: makes the record where the store was away as well.
    identity: Identity | None = None
    #: Celery's count of the run that failed, where no attempt is known: a retry is another run.
    retries: int | None = None
    #: Seconds that the broker takes to deliver the message again, where it is known that it does.
    again_s: float | None = None
    message: str | None = None
    results: Mapping[str, Any] = field(default_factory=dict)
    current: int | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Event):
    """Somebody cancelled or revoked the task, or it expired."""

    message: str | None = None
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost(Event):
    """The run's worker is silent for longer than its lease, has let go of the run without a word,
    or let go of it long ago, and the message has not come again."""

    #: That of the worker; None for a run that waits for its message.
    lease: str | None
    error_message: str
    #: Revision that was judged; anything newer is a sign of life.
    revision: int
    #: The worker itself goes on.
    living: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(Event):
    """No worker has begun the task until it expired, some time ago: its broker may have dropped the
    message."""

    #: As that of Lost.
    revision: int


#: Reason of a cancel that only the result backend knows of: nobody may have asked for it, since
#: Celery notes it too when it ends a run by itself.
STORED = "result backend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(Event):
    """The run raised Ignore: Celery will record no end."""
