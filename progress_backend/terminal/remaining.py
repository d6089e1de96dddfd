"""The time that a running task has left, and a waiting one to its start, as text: a range where
past runs give one, or a clock."""

from __future__ import annotations

from datetime import datetime
from math import ceil, inf
from typing import Final

from ..record.default_texts import Locale, in_language
from ..record.local_time import moment, optional_moment
from ..record.model import Task, TaskStatus
from . import formats
from .rows import final

#: Seconds of a unit, and up to how many seconds a range is shown in it.
_UNITS: Final = (
    (1, 90, "s"),
    (60, 90 * 60, "min"),
    (3_600, 36 * 3_600, "h"),
    (86_400, inf, "d"),
)
#: From this many seconds on a range in seconds is shown in steps of so many.
_COARSE_S, _STEP = 20, 5
#: The least number of three digits.
_LONG = 100


def remaining(task: Task, now: datetime, locale: Locale) -> str:
    """ "2–3m", "≤15m", "longer"; of a type with few past runs "1:15"."""
    if (found := task.unknown.get("estimate")) is None:
        end = optional_moment(task.unknown.get("likely"))
        if end is None or end <= now:  # what is usual is not known
            return formats.UNKNOWN
        return formats.duration((end - now).total_seconds())
    earliest, latest = optional_moment(found["earliest"]), moment(found["latest"])
    return _span(earliest or now, latest, now, locale) or formats.text(locale, "longer")


def message(task: Task, now: datetime, locale: Locale) -> str:
    """A task's message, default texts in `locale`, whatever the writer's; of an error its reason,
    and until when it may be taken back; of a waiting task when it is likely to start."""
    text = formats.still_runs(task, locale) or formats.text_of(task, locale)
    more = starting(task, now, locale)
    if task.status == TaskStatus.ERROR and task.error_message:
        more = formats.clean(in_language(locale, task.error_message, task.error_code))
        text = "" if final(task) else text
    elif reason := (task.control or {}).get("reason"):
        more = formats.clean(str(reason))
    return f"{text} ({more})" if text and more else text or more


def starting(task: Task, now: datetime, locale: Locale) -> str:
    """When a waiting task is likely to start: "in 2–3m, 3 of its type ahead"; "" of any other."""
    ahead, start = task.unknown.get("ahead"), task.unknown.get("start_estimate")
    if ahead is None:
        return ""
    place = formats.text(locale, "before" if ahead else "next", count=f"{ahead:,}")
    span = start and _span(moment(start["earliest"]), moment(start["latest"]), now, locale)
    after = formats.text(locale, "in", span=span) if span else ""
    return formats.joined(locale, after, place)


def _span(earliest: datetime, latest: datetime, now: datetime, locale: Locale) -> str | None:
    """How long it is to a range of times; None past its end."""
    most = (latest - now).total_seconds()
    if most <= 0:
        return None
    unit, first, last = _rounded(max((earliest - now).total_seconds(), 0), most)
    if last >= _LONG:
        first = 0  # a column has no room for both
    span = str(last) if first == last else f"{first}–{last}" if first else f"≤{last}"
    return formats.text(locale, f"span_{unit}", span=span)


def _rounded(least: float, most: float) -> tuple[str, int, int]:
    """A unit, and the whole numbers of it between which a rest is: never closer than the bounds."""
    size, unit = next((size, unit) for size, until, unit in _UNITS if most < until)
    step = _STEP if unit == "s" and most >= _COARSE_S else 1
    return unit, int(least / size // step) * step, ceil(most / size / step) * step
