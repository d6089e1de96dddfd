"""Rate, remaining time and expected end of a task; each None while it is not known."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import exp, inf, isfinite

from .model import Task, TaskStatus

#: Seconds over which the rate is smoothed: long enough to be steady, short enough to follow a job
#: that changes its pace.
SMOOTHING_S = 10.0
#: Shortest step in seconds that a rate is computed from; times are kept in milliseconds.
_SHORTEST_STEP_S = 0.001
#: Decimals of a rate: a rate of one item in several days is above 0, and a document stays short.
_DECIMALS = 6
#: An end that is further away than this is not recorded as an estimate.
_FURTHEST_S = 366 * 86_400.0


def smoothed(rate: float | None, items: int, seconds: float, elapsed: float = inf) -> float | None:
    """The rate (items a second) after `items` more in `seconds`, from the rate before.

    In the first seconds of a run (`elapsed`, these included) the rate is the average since its
    start, so that an unusual first step does not stay in it.
    """
    if seconds < _SHORTEST_STEP_S or items < 0:
        return rate
    if rate is None:
        # Time without items at the start of a run counts, up to the smoothing time.
        stood = min(elapsed, SMOOTHING_S) if isfinite(elapsed) else 0
        return round(items / max(seconds, stood), _DECIMALS) if items else None
    latest = items / seconds
    weight = max(1 - exp(-seconds / SMOOTHING_S), min(seconds / max(elapsed, seconds), 1))
    return round(rate + weight * (latest - rate), _DECIMALS)


def remaining_seconds(task: Task) -> float | None:
    """Seconds from a task's last update to its end, at the task's own rate."""
    if task.status != TaskStatus.RUNNING or not task.total_items or not task.rate:
        return None
    seconds = max(task.total_items - task.current_items, 0) / task.rate
    return seconds if isfinite(seconds) and seconds <= _FURTHEST_S else None


def estimated_completion(task: Task) -> datetime | None:
    """The expected end of a running task at the task's own rate."""
    return ending(task, remaining_seconds(task))


def ending(task: Task, seconds: float | None) -> datetime | None:
    """The expected end of a task that has `seconds` left after its last update."""
    if seconds is None or task.updated_at is None:
        return None
    return task.updated_at + timedelta(seconds=seconds)


def first_estimate(created_at: datetime, total: int | None, rate: float | None) -> datetime | None:
    """The expected end of a task that has not begun, at the last rate of its type."""
    if not total or not rate or rate < 0 or total / rate > _FURTHEST_S:
        return None
    return created_at + timedelta(seconds=total / rate)


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
