"""The last successful runs of a task type, from which the next one's end is estimated; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import exp, log, sqrt
from operator import itemgetter
from statistics import fmean, median
from typing import Any, Final, NamedTuple

from .json_text import dumps, parsed
from .local_time import EPOCH, MILLISECOND
from .model import Task, TaskStatus
from .work import MARKS, Band

#: Runs of a type that are kept.
KEPT: Final = 10
#: Days for which the runs of a type that nobody runs any more are kept.
KEPT_DAYS: Final = 100
#: A run of less, or of more, says nothing of the next one.
_SHORTEST_S: Final = 0.001
_LONGEST_S: Final = 1e9
#: No run ends later, in milliseconds since 1970.
_LATEST_MS: Final = 2**47
#: Runs from which on there is a range.
LEAST: Final = 4
#: Half of a range, in spreads; and the spread of one more run that every type has, so that a few
#: steady ones promise no narrow range. Chosen on recorded durations: tests/benchmarks/ESTIMATES.md.
_HALF: Final = 1.45
_OWN_SPREAD: Final = 0.25
#: Largest logarithm of a factor: no factor is 0 when rounded.
_FURTHEST: Final = 8.0
#: Numbers of a stored run before those that may be null.
_FIRST: Final = 4


class PastRun(NamedTuple):
    """A successful run."""

    #: When it ended, in milliseconds since 1970.
    ended_ms: int
    #: Seconds of work, and the items that were counted in them; 0 if it counted none.
    seconds: float
    items: int
    #: Seconds that it waited for its first start; None where that is not known.
    waited: float | None = None
    #: ln(actual ÷ predicted) of the rest at each of `MARKS`; None where nothing was predicted.
    quarter: float | None = None
    half: float | None = None
    #: Seconds from its start to its end, with what was before its first value, and pauses; None
    #: where these are its seconds of work.
    whole: float | None = None

    @property
    def text(self) -> str:
        """The run as JSON, as it is stored."""
        return dumps(list(self))


class Likely(NamedTuple):
    """What past runs say of a number of seconds, and by which factors the next is less and more;
    None where too few tell."""

    seconds: float
    band: Band | None = None


class History(NamedTuple):
    """What past runs say of the next."""

    #: How many they are.
    runs: int = 0
    #: Seconds an item; None where no run has counted items.
    pace: Likely | None = None
    #: Seconds of a whole run, for a task whose total is not known.
    whole: Likely | None = None
    #: By which factors the rest is less and more than predicted, after each of `MARKS`.
    bands: tuple[Band | None, ...] = (None,) * len(MARKS)
    #: The shortest, middle and longest seconds that one waited; None before four waits.
    waits: tuple[float, float, float] | None = None
    #: Of tasks that wait in a queue: when the newest run ended (ms since 1970), and seconds between
    #: the ends of two runs.
    queue: tuple[int, float] | None = None
    #: The runs themselves, the last one last.
    past: tuple[PastRun, ...] = ()

    def usual_ms(self, items: int, ended_ms: int) -> int | None:
        """The median of how long the runs took, but for that which ended then, in milliseconds: for
        so many items, of 0 as a whole."""
        others = [run for run in self.past if run.ended_ms != ended_ms]
        took = [
            (run.whole or run.seconds) * (items / run.items if items else 1)
            for run in others
            if run.items or not items
        ]
        return round(median(took) * 1000) if took else None

    @property
    def numbers(self) -> tuple[float, ...]:
        """How many runs, and the bands, each 0 and 0 where it is None, as a running task's document
        has them; without the bands where all are None."""
        factors = [factor for band in self.bands for factor in band or (0, 0)]
        return (self.runs, *(factors if any(factors) else ()))


def of_task(task: Task) -> PastRun | None:
    """The run that has completed a task; None if it says nothing of others."""
    ended, began = task.completed_at, task.attempt_started_at or task.started_at
    if task.status != TaskStatus.COMPLETED or task.forced or ended is None or began is None:
        return None
    seconds, items = (ended - began).total_seconds(), task.current_items
    misses: list[float | None] = []
    whole = None
    if (work := task.work) is not None and work.average is not None:
        whole = round(min(seconds, _LONGEST_S), 3)
        seconds, items = work.seconds, work.items
        said = zip(work.said[::2], work.said[1::2], strict=False)
        misses = [_miss(work.seconds - done, rest) for done, rest in said]
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        return None
    quarter, half, *_ = *misses, None, None
    return PastRun(
        (ended - EPOCH) // MILLISECOND,
        round(seconds, 3),
        max(items, 0),
        None if task.waited_ms is None else task.waited_ms / 1000,
        quarter,
        half,
        whole,
    )


def _miss(actual: float, said: float) -> float | None:
    if actual <= 0 or said <= 0:
        return None
    return round(log(actual / said), 4)


def read(stored: bytes) -> PastRun | None:
    """A run as it is stored; None for what is none."""
    try:
        values = parsed(stored)
    except ValueError:
        return None
    if type(values) is not list or len(values) < _FIRST:
        return None
    ended_ms, seconds, items, *others = values = values[: len(PastRun._fields)]
    sound = (
        type(ended_ms) is int
        and 0 < ended_ms < _LATEST_MS
        and type(items) is int
        and 0 <= items < 2**63
        and _number(seconds)
        and _SHORTEST_S <= seconds <= _LONGEST_S
        and all(value is None or _number(value) for value in others)
    )
    return PastRun(*values) if sound else None


def read_all(stored: bytes) -> tuple[PastRun, ...]:
    """The runs that are stored, one a line, the newest first; the last one last."""
    found = (read(line) for line in stored.split(b"\n")[:KEPT])
    return newest(run for run in found if run is not None)


def _number(value: Any) -> bool:
    return type(value) in (int, float) and -_LONGEST_S <= value <= _LONGEST_S


def newest(runs: Iterable[PastRun]) -> tuple[PastRun, ...]:
    """The newest `KEPT` of a type's runs, of whatever partitions, the last one last."""
    return tuple(sorted(runs, key=itemgetter(0))[-KEPT:])


def history(runs: Sequence[PastRun]) -> History:
    """What these runs say of the next."""
    waited = [run for run in runs if run.waited is not None]
    waits = [run.waited for run in waited if run.waited is not None]
    gaps = [(later.ended_ms - run.ended_ms) / 1000 for run, later in pairwise(waited)]
    gap = fmean(gaps) if len(waits) > LEAST else 0.0
    return History(
        len(runs),
        pace=_likely([log(run.seconds / run.items) for run in runs if run.items > 0]),
        whole=_likely([log(run.seconds) for run in runs]),
        bands=(_misses(run.quarter for run in runs), _misses(run.half for run in runs)),
        waits=(min(waits), median(waits), max(waits)) if len(waits) >= LEAST else None,
        queue=(runs[-1].ended_ms, gap) if 0 < gap <= fmean(waits) else None,
        past=tuple(runs),
    )


def _misses(given: Iterable[float | None]) -> Band | None:
    known = [miss for miss in given if miss is not None]
    return _band(known, fmean(known)) if known else None


def _likely(logs: Sequence[float]) -> Likely | None:
    """What these logarithms say, the last one last: each counts as much as all before it."""
    if not logs:
        return None
    likely = logs[0]
    for one in logs[1:]:
        likely += (one - likely) / 2
    return Likely(exp(likely), _band(logs, 0.0))


def _band(logs: Sequence[float], around: float) -> Band | None:
    """The factors of the range in which four of five of the next are, around this logarithm; None
    while too few tell."""
    count = len(logs)
    if count < LEAST:
        return None
    mean = fmean(logs)
    squares = _OWN_SPREAD**2 + sum((one - mean) ** 2 for one in logs)
    by = _HALF * sqrt(squares / count * (1 + 1 / count))
    least, most = (exp(max(min(around + one, _FURTHEST), -_FURTHEST)) for one in (-by, by))
    return round(least, 4), round(most, 4)
