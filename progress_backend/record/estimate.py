"""Remaining time and expected end of a task; each None while it is not known."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import isfinite

from .model import Task, TaskStatus

#: An end that is further away than this is not recorded as an estimate.
_FURTHEST_S = 366 * 86_400.0


def remaining_seconds(task: Task) -> float | None:
    """Seconds from a task's last update to its end, at the task's own rate."""
    if task.status != TaskStatus.RUNNING or not task.total_items or not task.rate:
        return None
    seconds = max(task.total_items - task.current_items, 0) / task.rate
    if seconds and task.work is not None and task.work.open:
        # A value without new items does not move the end, unless the item takes longer than usual.
        seconds -= min(task.work.open, 1 / task.rate)
    return seconds if isfinite(seconds) and seconds <= _FURTHEST_S else None


def estimated_completion(task: Task) -> datetime | None:
    """The expected end of a running task at the task's own rate."""
    return ending(task, remaining_seconds(task))


def ending(task: Task, seconds: float | None) -> datetime | None:
    """The expected end of a task that has `seconds` left after its last update."""
    if seconds is None or task.updated_at is None:
        return None
    return task.updated_at + timedelta(seconds=seconds)


def first_estimate(begins: datetime, items: int | None, pace: float | None) -> datetime | None:
    """The expected end of a task without a rate of its own, which does these items from a time on,
    each in the seconds that its type's past runs took."""
    if not items or items < 0 or not pace or not 0 < items * pace <= _FURTHEST_S:
        return None
    return begins + timedelta(seconds=items * pace)


def rate_text(rate: float | None) -> str | None:
    """A rate in the specification's form: "10 items/sec"."""
    return None if rate is None else f"{_short(rate)} items/sec"


def seconds_text(seconds: float | None) -> str | None:
    """A duration in the specification's form: "10 seconds", "1 second"."""
    if seconds is None:
        return None
    number = _short(seconds)
    return f"{number} second" if number == "1" else f"{number} seconds"


def _short(number: float) -> str:
    if number >= 10:
        return f"{number:.0f}"
    text = f"{number:.2g}"
    return text if "e" not in text else f"{number:.6f}"
