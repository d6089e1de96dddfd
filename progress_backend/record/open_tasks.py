"""When the open tasks of a type end, by their own rates and its last runs; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import fmean
from typing import Final, NamedTuple

from .fields import Body, Estimate
from .local_time import at, moment
from .past_runs import LEAST, PastRun, history, of_members
from .shown import ending

#: Nothing is estimated after so many times a usual run without an end.
_LONG: Final = 3


class TypeCounts(NamedTuple):
    """How many tasks of a type wait and run; whether some may not start yet, and no other type
    runs."""

    waiting: int
    running: int
    later: bool
    alone: bool


def last_end(
    tasks: TypeCounts,
    runs: Sequence[PastRun],
    rows: Sequence[Body],
    oldest: datetime,
    now: datetime,
) -> Estimate | None:
    """The end of the last of these tasks; None if it cannot be estimated. `rows` are their running
    ones, as many as were read; the `oldest` waiting task was created then."""
    own = [row for row in rows if row.estimated_completion is not None]
    ends = [row.estimate for row in own]
    if own and len(rows) < tasks.running:
        return None
    if len(own) < tasks.waiting + tasks.running:
        ends.append(_at_pace(tasks, runs, oldest, now))
    found = None if None in ends else of_all([end for end in ends if end is not None])
    return found if found is not None and moment(found.latest) > now else None


def _at_pace(
    tasks: TypeCounts, runs: Sequence[PastRun], oldest: datetime, now: datetime
) -> Estimate | None:
    """The last end if ends are a usual run ÷ the running tasks apart, or the gap of past runs."""
    past, left = history(runs), tasks.waiting + tasks.running
    gap = past.queue[1] if past.queue else 0.0
    if past.runs < LEAST or not tasks.running or tasks.later:
        return None
    if not gap and not (tasks.alone and tasks.waiting):
        return None  # a part of the workers' time was another type's
    usual = fmean(run.whole or run.seconds for run in runs)
    since = max(at(runs[-1].ended_ms / 1000, now.tzinfo or UTC), oldest)
    if (now - since).total_seconds() > _LONG * max(usual, gap):
        return None
    ended = past.runs - 1
    pace = of_members(ended * max(usual / tasks.running, gap), ended, left)
    return ending(since, left, pace, past.runs)[1]


def of_all(ends: Sequence[Estimate]) -> Estimate | None:
    """The end of the last of several types' tasks; None without one."""
    if not ends:
        return None
    first = [end.earliest for end in ends if end.earliest is not None]
    last = max(ends, key=lambda end: moment(end.latest))
    likely = max((end.likely for end in ends), key=moment)
    earliest = max(first, key=moment, default=None)
    return Estimate(earliest=earliest, likely=likely, latest=last.latest, runs=last.runs)
