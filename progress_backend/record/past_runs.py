"""The last successful runs of a task type, from which the next one's end is estimated; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, log, sqrt
from operator import itemgetter
from statistics import fmean
from typing import Any, Final, NamedTuple

from .json_text import dumps, parsed
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
#: Waits that are shorter count as this one: what a message takes through a broker says nothing.
_SHORTEST_WAIT_S: Final = 0.01
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Runs from which on there is a range.
LEAST: Final = 4
#: Student's t for 0.9 and 3, 4, … degrees of freedom.
_QUANTILES: Final = (1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383)
#: Largest logarithm of a factor: no factor is 0 when rounded.
_FURTHEST: Final = 8.0
#: Numbers before the misses.
_FIRST: Final = 4


class PastRun(NamedTuple):
    """A successful run. `ended_ms` is 0 where only its rate is known, as an older version of this
    library has kept it."""

    #: When it ended, in milliseconds since 1970.
    ended_ms: int
    #: Seconds of work, and the items that were counted in them; 0 if it counted none.
    seconds: float
    items: int
    #: Seconds that it waited for its first start; None where that is not known.
    waited: float | None = None
    #: ln(actual ÷ predicted) of the rest at each of `MARKS`; None where nothing was predicted.
    misses: tuple[float | None, ...] = (None,) * len(MARKS)
    #: Seconds from its start to its end, with what was before its first value, and pauses; None
    #: where these are its seconds of work.
    whole: float | None = None

    @property
    def text(self) -> str:
        """The run as JSON, as it is stored."""
        last = () if self.whole is None else (self.whole,)
        return dumps([*self[:_FIRST], *self.misses, *last])


class Queue(NamedTuple):
    """How the tasks of a type leave their queue, where they wait in one for the tasks before."""

    #: When the newest run ended, in milliseconds since 1970: the next one began then.
    since_ms: int
    #: Seconds between the ends of two runs: their mean and standard deviation, and how many.
    gap: float
    spread: float
    gaps: int

    def until(self, ahead: int) -> tuple[float, float, float]:
        """In how many seconds after `since_ms` a task begins with so many before it: at least, most
        likely, and at most. Runs end in groups where several go on at once, so that their number
        counts twice in the spread."""
        left = ahead + 1
        half = _quantile(self.gaps) * self.spread * sqrt(left + 2 * left * left / self.gaps)
        likely = left * self.gap
        return max(likely - half, 0.0), likely, likely + half


class Starts(NamedTuple):
    """What past runs say of the start of the next: how long a task waits that is the first, or how
    the queue goes on; None for what they do not tell."""

    wait: tuple[float, float, float] | None = None
    queue: Queue | None = None


class History(NamedTuple):
    """What past runs say of the next."""

    #: How many they are.
    runs: int = 0
    #: Likely seconds an item; None where no run has counted items.
    pace: float | None = None
    #: What the likely rest is to be multiplied with, for the least and the most that four of five
    #: runs need: by the pace, and at each of `MARKS`. None while too few runs tell.
    bands: tuple[Band | None, ...] = (None,) * (1 + len(MARKS))
    #: Likely seconds of a whole run, and the band of that, for a task whose total is not known.
    whole: float | None = None
    whole_band: Band | None = None
    #: When the next task starts.
    starts: Starts = Starts()

    @property
    def numbers(self) -> list[float]:
        """The history as an array of numbers, as a running task's document has it: how many runs,
        and the bands, each 0 and 0 where it is None; without the bands where all are."""
        if not any(self.bands):
            return [self.runs]
        return [self.runs, *(factor for band in self.bands for factor in band or (0, 0))]


def of_task(task: Task) -> PastRun | None:
    """The run that has completed a task; None if it says nothing of others."""
    ended, began = task.completed_at, task.attempt_started_at or task.started_at
    if task.status != TaskStatus.COMPLETED or task.forced or ended is None or began is None:
        return None
    seconds, items = (ended - began).total_seconds(), task.current_items
    misses: tuple[float | None, ...] = ()
    whole = None
    if (work := task.work) is not None and work.average is not None:
        whole = round(min(seconds, _LONGEST_S), 3)
        seconds, items = work.seconds, work.items
        misses = tuple(
            _miss(work.seconds - done, rest)
            for done, rest in zip(work.said[::2], work.said[1::2], strict=False)
        )
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        return None
    return PastRun(
        (ended - _EPOCH) // _MILLISECOND,
        round(seconds, 3),
        max(items, 0),
        None if task.waited_ms is None else task.waited_ms / 1000,
        misses + (None,) * (len(MARKS) - len(misses)),
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
    ended_ms, seconds, items, waited = values[:_FIRST]
    misses = tuple(values[_FIRST : _FIRST + len(MARKS)])
    whole = next((number for number in values[_FIRST + len(MARKS) :][:1] if _number(number)), None)
    sound = (
        type(ended_ms) is int
        and 0 <= ended_ms < _LATEST_MS
        and type(items) is int
        and _number(seconds)
        and _SHORTEST_S <= seconds <= _LONGEST_S
        and 0 <= items < 2**63
        and (waited is None or _number(waited))
        and all(miss is None or _number(miss) for miss in misses)
    )
    if not sound:
        return None
    misses += (None,) * (len(MARKS) - len(misses))
    return PastRun(ended_ms, seconds, items, waited, misses, whole)


def read_all(stored: bytes) -> tuple[PastRun, ...]:
    """The runs that are stored, one a line, the newest first; the last one last."""
    found = (read(line) for line in stored.split(b"\n")[:KEPT])
    return newest(run for run in found if run is not None)


def _number(value: Any) -> bool:
    return type(value) in (int, float) and -_LONGEST_S <= value <= _LONGEST_S


def at_rate(rate: float | None) -> PastRun | None:
    """A run of which only its rate, in items a second, is known."""
    seconds = 1 / rate if rate else 0
    return PastRun(0, seconds, 1) if _SHORTEST_S / 1e9 < seconds <= _LONGEST_S else None


def newest(runs: Iterable[PastRun]) -> tuple[PastRun, ...]:
    """The newest `KEPT` of a type's runs, of whatever partitions, the last one last."""
    known = tuple(runs)
    whole = sorted((run for run in known if run.ended_ms), key=itemgetter(0))
    return tuple(whole[-KEPT:]) or known[:1]


def history(runs: Sequence[PastRun]) -> History:
    """What these runs say of the next."""
    paces = [log(run.seconds / run.items) for run in runs if run.items > 0]
    wholes = [log(run.seconds) for run in runs if run.ended_ms]
    whole, whole_band = _typical(wholes)
    starts = _starts(runs)
    if not paces:
        return History(len(runs), whole=whole, whole_band=whole_band, starts=starts)
    pace, spread = _typical(paces)
    marks = (
        _band([miss for run in runs if (miss := run.misses[place]) is not None])
        for place in range(len(MARKS))
    )
    return History(len(runs), pace, (spread, *marks), whole, whole_band, starts)


def _typical(logs: Sequence[float]) -> tuple[float | None, Band | None]:
    """The number in the middle of these logarithms, and the band of the next one."""
    if not logs:
        return None, None
    middle = sum(logs) / len(logs)
    return exp(middle), _band([one - middle for one in logs])


def _starts(runs: Sequence[PastRun]) -> Starts:
    waits = [run.waited for run in runs if run.waited is not None]
    ends = [run.ended_ms / 1000 for run in runs]
    gaps = [later - earlier for earlier, later in pairwise(ends)]
    if len(waits) < LEAST:
        return Starts()
    if len(gaps) >= LEAST and 0 < (gap := fmean(gaps)) <= fmean(waits):
        # One or more wait at any time (Little's law): no worker is without work between two ends.
        spread = sqrt(sum((one - gap) ** 2 for one in gaps) / (len(gaps) - 1))
        return Starts(queue=Queue(runs[-1].ended_ms, gap, spread, len(gaps)))
    wait, band = _typical([log(max(wait, _SHORTEST_WAIT_S)) for wait in waits])
    if wait is None or band is None:
        return Starts()
    return Starts(wait=(wait * min(band[0], 1.0), wait, wait * max(band[1], 1.0)))


def _band(misses: Sequence[float]) -> Band | None:
    """What a prediction is to be multiplied with, for the range in which four of five ends are,
    after these ln(actual ÷ predicted); None while they are too few."""
    count = len(misses)
    if count < LEAST:
        return None
    middle = sum(misses) / count
    spread = sqrt(sum((miss - middle) ** 2 for miss in misses) / (count - 1))
    half = _quantile(count) * spread * sqrt(1 + 1 / count)
    least, most = (exp(max(min(middle + by, _FURTHEST), -_FURTHEST)) for by in (-half, half))
    return round(least, 4), round(most, 4)


def _quantile(count: int) -> float:
    """Student's t for a range of four fifths, after so many numbers."""
    return _QUANTILES[min(count, KEPT) - LEAST]
