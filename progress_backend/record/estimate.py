"""Rate, remaining time and expected end of a task. None wherever they are unknown."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import exp, inf, isfinite

from .model import Task, TaskStatus

#: Seconds over which the rate is smoothed: long enough to be calm, short enough to follow a
#: job that changes its pace.
SMOOTHING_S = 10.0
#: Shorter steps say nothing about a rate; times are kept in milliseconds.
_SHORTEST_STEP_S = 0.001
#: Of a rate: one item in some days still shows, and a document stays short.
_DECIMALS = 6
#: A time further away than this is no estimate (and would leave the calendar).
_FURTHEST_S = 366 * 86_400.0


def smoothed(rate: float | None, items: int, seconds: float, elapsed: float = inf) -> float | None:
    """The rate (items a second) after `items` more in `seconds`, from the rate before.

    While a run is young (`elapsed` seconds, these included) it is the average since its start:
    one odd first step must not stick.
    """
    if seconds < _SHORTEST_STEP_S or items < 0:
        return rate
    if rate is None:
        # A start that stood still counts as far back as the smoothing remembers.
        stood = min(elapsed, SMOOTHING_S) if isfinite(elapsed) else 0
        return round(items / max(seconds, stood), _DECIMALS) if items else None
    latest = items / seconds
    weight = max(1 - exp(-seconds / SMOOTHING_S), min(seconds / max(elapsed, seconds), 1))
    return round(rate + weight * (latest - rate), _DECIMALS)


def remaining_seconds(task: Task) -> float | None:
    """Seconds from the task's last update to its end at its own rate."""
    if task.status != TaskStatus.RUNNING or not task.total_items or not task.rate:
        return None
    seconds = max(task.total_items - task.current_items, 0) / task.rate
    return seconds if isfinite(seconds) and seconds <= _FURTHEST_S else None


def estimated_completion(task: Task) -> datetime | None:
    """When a running task will have ended at its own rate."""
    return ending(task, remaining_seconds(task))


def ending(task: Task, seconds: float | None) -> datetime | None:
    """When a task will have ended that has `seconds` left after its last update."""
    if seconds is None or task.updated_at is None:
        return None
    return task.updated_at + timedelta(seconds=seconds)


def first_estimate(created_at: datetime, total: int | None, rate: float | None) -> datetime | None:
    """When a task that has not begun will have ended, at the rate its type last had."""
    if not total or not rate or rate < 0 or total / rate > _FURTHEST_S:
        return None
    return created_at + timedelta(seconds=total / rate)


def rate_text(rate: float | None) -> str | None:
    """As the specification writes it: "10 items/sec"."""
    return None if rate is None else f"{_short(rate)} items/sec"


def seconds_text(seconds: float | None) -> str | None:
    """As the specification writes it: "10 seconds"."""
    return None if seconds is None else f"{_short(seconds)} seconds"


def _short(number: float) -> str:
    if number >= 10:
        return f"{number:.0f}"
    text = f"{number:.2g}"
    return text if "e" not in text else f"{number:.6f}"
