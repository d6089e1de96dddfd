"""Whether the broker may deliver a run's message again, until when, and whether it has; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final

from .default_texts import DefaultText, Locale, text
from .events import Started
from .model import LOST, NOT_PUBLISHED, REPORTED, WORKER_LOST, Task

#: The option of `broker_transport_options` with the seconds after which a kombu transport delivers
#: an unacknowledged message again, and its default. With a transport that is not listed the broker
#: does so as soon as the worker's connection ends.
_OPTIONS: Final[Mapping[str, tuple[str, float]]] = {
    "redis": ("visibility_timeout", 3_600.0),
    "rediss": ("visibility_timeout", 3_600.0),
    "sentinel": ("visibility_timeout", 3_600.0),
    "valkey": ("visibility_timeout", 3_600.0),
    "valkeys": ("visibility_timeout", 3_600.0),
    "sqs": ("visibility_timeout", 1_800.0),
    "slmq": ("visibility_timeout", 1_800.0),
    "pgmq": ("visibility_timeout", 1_800.0),
    "gcpubsub": ("ack_deadline_seconds", 240.0),
    "azureservicebus": ("peek_lock_seconds", 60.0),
    "azurestoragequeues": ("", 30.0),  # the service's own, which kombu does not change
}

#: Transports that drop a message which is rejected without a requeue. Others may deliver it again:
#: by a dead-letter exchange, or after their time-out.
_DROP: Final = frozenset(
    {"redis", "rediss", "sentinel", "valkey", "valkeys", "pgmq", "memory", "filesystem"}
)

#: error_cause of a run in a pool process that died, and of a run under a lease that ran out.
WORKER_GONE: Final = frozenset({LOST, WORKER_LOST})
#: error_cause of ends after which the task may be running again though its message is not delivered
#: again: the broker may have the message of a retry whose publish failed, for example.
_NOT_SURE: Final = frozenset({"rejected", "internal_error"})


def visibility_s(transport: str, options: Mapping[str, Any]) -> float:
    """Seconds after which a broker delivers an unacknowledged message again; `options` are
    `broker_transport_options`. A queue that kombu did not make has a time-out of its own, of which
    kombu does not know."""
    option, default = _OPTIONS.get(transport.lower(), ("", 0.0))
    made_with = options.get("sqs-creation-attributes") if transport.lower() == "sqs" else None
    given = options.get(option, default)
    if isinstance(made_with, Mapping):
        given = made_with.get("VisibilityTimeout", given)
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        return default
    return seconds if isfinite(seconds) and seconds >= 0 else default


def rejected_s(transport: str, options: Mapping[str, Any]) -> float | None:
    """As `visibility_s`, of a message that is rejected without a requeue; None if the transport
    drops it."""
    return None if transport.lower() in _DROP else visibility_s(transport, options)


def seconds(again_s: float | None, lease_s: float) -> float:
    """Seconds for which a run's message may be delivered again once its worker has no run of it.
    `again_s`: how long the broker takes; None if it was acknowledged before the run."""
    return lease_s + (again_s or 0.0)


def until(task: Task, let_go: datetime, lease_s: float) -> datetime:
    """Time until which the broker may deliver the message of the task's newest run again."""
    return let_go + timedelta(seconds=seconds(task.again_s, lease_s))


def after_failure(
    task: Task, cause: str, at: datetime, lease_s: float, again_s: float | None
) -> datetime | None:
    """Time until which the broker may deliver a failed run's message again; None: it does not.
    `again_s`: how long the broker takes; None if it has no message to deliver again."""
    if cause == NOT_PUBLISHED:
        return until(task, at, lease_s)
    if again_s is None and cause not in _NOT_SURE:
        return None
    return at + timedelta(seconds=seconds(again_s, lease_s))


def left_s(ended: bool, again_until: datetime | None, now: datetime) -> float | None:
    """Seconds until a task's end is final, with which its sockets and event streams end; 0 if it
    is, None for a task that has not ended."""
    if not ended:
        return None
    return 0 if again_until is None else max((again_until - now).total_seconds(), 0)


def failure_text(
    locale: Locale, cause: str, at: datetime, again_until: datetime | None
) -> DefaultText:
    """A record's message for a failure: "Worker lost; may run again until 14:05"."""
    if again_until is None:
        return text(locale, "failed")
    key = "worker_lost_until" if cause in WORKER_GONE else "failed_until"
    return text(locale, key, at, time=again_until)


def lost_runs(task: Task, start: Started) -> int:
    """How many runs before this start are known to have lost their process, since the last that
    ended otherwise. A run without an end counts only if its own worker starts the next: else it may
    still run, for example after a visibility time-out or a lost connection."""
    if task.error_cause in WORKER_GONE:
        return task.lost_runs + 1
    if task.ended or start.retries != task.retries:
        return 0
    worker, before = start.worker, task.worker
    if worker is None or before is None or not start.alone or worker.lease != before.lease:
        return task.lost_runs
    return task.lost_runs + (worker.run != before.run)


def comes_again(task: Task, start: Started) -> bool:
    """Whether the start on an ended record is of another delivery of the message. Few brokers mark
    it, but each start needs a message: it is another delivery unless the record has this start, or
    a newer one. An error that a caller reported stays."""
    if start.redelivered:
        return True
    worker = start.worker
    recorded = worker is not None and worker.run is not None and worker == task.worker
    return not (recorded or is_late(task, start) or task.error_cause == REPORTED)


def is_late(task: Task, start: Started) -> bool:
    """Whether the start waited for the store, and another worker has started a newer run since. (A
    worker's own start may come twice, if Redis took it and its reply was lost.)"""
    newest = task.attempt_started_at
    if start.at is None or newest is None or start.worker == task.worker:
        return False
    return start.at < newest
