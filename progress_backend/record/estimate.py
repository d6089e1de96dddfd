"""Remaining time and expected end of a task; each None while it is not known."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import Final

from .fields import Estimate
from .local_time import text_after
from .model import Task, TaskStatus
from .work import MARKS, Band

#: An end that is further away than this is not recorded as an estimate.
FURTHEST_S: Final = 366 * 86_400.0
_AT_WORK: Final = (TaskStatus.RUNNING, TaskStatus.PAUSED)
#: If the longest rest is more than so many times the shortest, the range has no earliest end.
WIDEST: Final = 10.0


def remaining_seconds(task: Task) -> float | None:
    """Seconds of work that a task has left after its last update, at its own rate; a pause keeps
    them."""
    if task.status not in _AT_WORK or not task.total_items or not task.rate:
        return None
    seconds = max(task.total_items - task.current_items, 0) / task.rate
    if seconds and task.work is not None and task.status == TaskStatus.RUNNING:
        # A value without new items does not move the end, unless the item takes longer than usual.
        seconds -= min(_since_last_item(task, task.work.at), 1 / task.rate)
    return seconds if isfinite(seconds) and seconds <= FURTHEST_S else None


def _since_last_item(task: Task, at: float) -> float:
    began = task.attempt_started_at or task.started_at
    if began is None or task.updated_at is None:
        return 0.0
    return max((task.updated_at - began).total_seconds() - at, 0.0)


def estimated_end(task: Task, rest: float | None) -> tuple[str | None, Estimate | None]:
    """The expected end of a running task that has `rest` seconds left after its last update; and
    its range, None without enough past runs."""
    if rest is None or task.updated_at is None or task.status != TaskStatus.RUNNING:
        return None, None
    return end_after(task.updated_at, rest, band_of(task), int((task.usual or (0,))[0]))


def end_after(
    begins: datetime, rest: float, band: Band | None, runs: int
) -> tuple[str, Estimate | None]:
    """The expected end, and its range, of work with `rest` seconds left from a time on."""
    likely = text_after(begins, rest)
    if band is None or (span := spread(rest, band)) is None:
        return likely, None
    earliest = None if span[0] is None else text_after(begins, span[0])
    latest = text_after(begins, span[1])
    return likely, Estimate(earliest=earliest, likely=likely, latest=latest, runs=runs)


def band_of(task: Task) -> Band | None:
    """The factors, least and most, by which the rest of a running task differs from the expected
    one in four of five runs; None with too few runs."""
    if task.usual is None or len(task.usual) <= 2 * len(MARKS) or task.work is None:
        return None
    _, *quarter, least, most = task.usual[: 1 + 2 * len(MARKS)]
    if len(task.work.predicted) < 2 * len(MARKS) or not least > 0:
        least, most = quarter
    return (least, most) if least > 0 else None


def within(rest: float, band: Band) -> Band:
    """The shortest and the longest rest, with the expected one between them."""
    return min(band[0], 1.0) * rest, max(band[1], 1.0) * rest


def spread(rest: float, band: Band) -> tuple[float | None, float] | None:
    """The shortest and the longest rest in a range, the shortest None if they are too far apart;
    None without a range."""
    least, most = within(rest, band)
    if most > FURTHEST_S:
        return None
    return None if most > least * WIDEST else least, most


def rate_text(rate: float) -> str:
    """A rate in the specification's form: "10 items/sec"."""
    return f"{_short(rate)} items/sec"


def seconds_text(seconds: float) -> str:
    """A duration in the specification's form: "10 seconds", "1 second"."""
    number = _short(seconds)
    return f"{number} second" if number == "1" else f"{number} seconds"


def _short(number: float) -> str:
    if number >= 10:
        return f"{number:.0f}"
    text = f"{number:.2g}"
    return text if "e" not in text else f"{number:.6f}"
