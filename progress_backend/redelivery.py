"""Whether a run's message may come again, and until when; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from .model import Task

#: The option that says after how many seconds a transport of kombu gives out again what was not
#: acknowledged, and the default; of those that are not named the broker does so as soon as the
#: worker's connection ends.
_OPTIONS: Final[Mapping[str, tuple[str, float]]] = {
    "redis": ("visibility_timeout", 3_600.0),
    "rediss": ("visibility_timeout", 3_600.0),
    "sentinel": ("visibility_timeout", 3_600.0),
    "valkey": ("visibility_timeout", 3_600.0),
    "valkeys": ("visibility_timeout", 3_600.0),
    "sqs": ("visibility_timeout", 1_800.0),
    "slmq": ("visibility_timeout", 1_800.0),
    "gcpubsub": ("ack_deadline_seconds", 240.0),
}


def visibility_s(transport: str, options: Mapping[str, Any]) -> float:
    """Seconds after which a broker gives out an unacknowledged message again; `options` are
    `broker_transport_options`."""
    option, default = _OPTIONS.get(transport.lower(), ("", 0.0))
    given = options.get(option, default)
    return float(given) if isinstance(given, (int, float)) and given >= 0 else default


def seconds(again_s: float | None, lease_s: float) -> float:
    """For how long a run's message may come again once its worker let go of it. `again_s`: after
    how long the broker gives it out again; None where it was acknowledged before the run."""
    return lease_s + (again_s or 0.0)


def until(task: Task, let_go: datetime, lease_s: float) -> datetime:
    """Until when the message of the task's newest run may come again."""
    again_s = None if task.delivery is None else task.delivery.again_s
    return let_go + timedelta(seconds=seconds(again_s, lease_s))
