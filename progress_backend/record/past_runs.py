"""The last successful runs of a task type, from which the next one's end is estimated; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import exp, log, sqrt
from operator import attrgetter
from statistics import fmean, median
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from .local_time import EPOCH, MILLISECOND
from .model import Task, TaskStatus
from .work import MARKS, Band

#: Runs of a type that are kept.
KEPT: Final = 10
#: Seconds of the shortest and the longest run that are used for estimates.
_SHORTEST_S: Final = 0.001
_LONGEST_S: Final = 1e9
#: No run ends later, in milliseconds since 1970.
_LATEST_MS: Final = 2**47
#: Fewest runs for a range.
LEAST: Final = 4
#: Half of a range, in spreads; and the spread of one more run that every type has, so that a few
#: equal runs make no narrow range. Chosen on recorded durations: tests/benchmarks/ESTIMATES.md.
_HALF: Final = 1.45
_OWN_SPREAD: Final = 0.25
#: Largest logarithm of a factor: no factor is 0 when rounded.
_FURTHEST: Final = 8.0


#: A number of a stored run that may be unknown.
_Known = Annotated[float, Meta(ge=-_LONGEST_S, le=_LONGEST_S)] | None


class PastRun(Struct, array_like=True, frozen=True):
    """A successful run, stored as a JSON array."""

    #: When it ended, in milliseconds since 1970.
    ended_ms: Annotated[int, Meta(gt=0, lt=_LATEST_MS)]
    #: Seconds of work, and the items that were counted in them; 0 if it counted none.
    seconds: Annotated[float, Meta(ge=_SHORTEST_S, le=_LONGEST_S)]
    items: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    #: Seconds that it waited for its first start; None where that is not known.
    waited: _Known = None
    #: ln(actual ÷ predicted) of the rest at each of `MARKS`; None where nothing was predicted.
    quarter: _Known = None
    half: _Known = None
    #: Seconds from its start to its end, with what was before its first value, and pauses; None
    #: where these are its seconds of work.
    whole: _Known = None
    #: The most seconds of work from one value with new items to the next, or to its end; None where
    #: none was counted.
    gap: _Known = None

    @property
    def text(self) -> str:
        """The run as it is stored."""
        return _write(self).decode()


_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(PastRun).decode


class Likely(NamedTuple):
    """Seconds that are expected after past runs, and the factors of their range; None with too few
    runs."""

    seconds: float
    band: Band | None = None


class History(NamedTuple):
    """Figures of past runs, from which the next is estimated."""

    #: How many they are.
    runs: int = 0
    #: Seconds an item; None where no run has counted items.
    pace: Likely | None = None
    #: Seconds of a whole run, for a task without a known total.
    whole: Likely | None = None
    #: The factors of the range of the predicted rest, after each of `MARKS`.
    bands: tuple[Band | None, ...] = (None,) * len(MARKS)
    #: Shortest, median and longest wait in seconds; None before four waits.
    waits: tuple[float, float, float] | None = None
    #: Of tasks that wait in a queue: when the newest run ended (ms since 1970), and seconds between
    #: the ends of two runs.
    queue: tuple[int, float] | None = None
    #: The runs themselves, the last one last.
    past: tuple[PastRun, ...] = ()

    def usual_ms(self, items: int, ended_ms: int) -> int | None:
        """The median of the runs' milliseconds, without the run that ended at `ended_ms`: for so
        many items, or for 0 of the whole runs."""
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
    """The run that has completed a task; None if it is of no use for estimates."""
    ended, began = task.completed_at, task.attempt_started_at or task.started_at
    if task.status != TaskStatus.COMPLETED or task.forced or ended is None or began is None:
        return None
    seconds = (ended - began).total_seconds()
    items = task.current_items or task.total_items or 0  # a run that has counted nothing did all
    misses: list[float | None] = []
    whole = gap = None
    if (work := task.work) is not None and work.average is not None:
        gap = round(min(max(work.gap, seconds - work.at), _LONGEST_S), 3)
        whole = round(min(seconds, _LONGEST_S), 3)
        seconds, items = work.seconds, work.items
        predicted = zip(work.predicted[::2], work.predicted[1::2], strict=False)
        misses = [_miss(work.seconds - done, rest) for done, rest in predicted]
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
        gap,
    )


def _miss(actual: float, predicted: float) -> float | None:
    if actual <= 0 or predicted <= 0:
        return None
    return round(log(actual / predicted), 4)


def read(stored: bytes) -> PastRun | None:
    """Parses a stored run; None for another value."""
    try:
        return _read(stored)
    except msgspec.DecodeError:
        return None


def read_all(stored: bytes) -> tuple[PastRun, ...]:
    """Parses stored runs, one a line, the newest first; returns the newest last."""
    found = (read(line) for line in stored.split(b"\n")[:KEPT])
    return newest(run for run in found if run is not None)


def newest(runs: Iterable[PastRun]) -> tuple[PastRun, ...]:
    """The newest `KEPT` of a type's runs, of whatever partitions, the last one last."""
    return tuple(sorted(runs, key=attrgetter("ended_ms"))[-KEPT:])


def history(runs: Sequence[PastRun]) -> History:
    """The figures of these runs."""
    waited = [run for run in runs if run.waited is not None]
    waits = [run.waited for run in waited if run.waited is not None]
    apart = [((later.ended_ms - run.ended_ms) / 1000, later) for run, later in pairwise(waited)]
    # A run that was created after the end before it was the first of another queue.
    gaps = [gap for gap, later in apart if gap <= (later.waited or 0) + later.seconds]
    gap = fmean(gaps) if len(gaps) >= LEAST else 0.0
    return History(
        len(runs),
        pace=_likely([log(run.seconds / run.items) for run in runs if run.items > 0]),
        whole=_likely([log(run.seconds) for run in runs]),
        bands=(_misses(run.quarter for run in runs), _misses(run.half for run in runs)),
        waits=(min(waits), median(waits), max(waits)) if len(waits) >= LEAST else None,
        queue=(runs[-1].ended_ms, gap) if 0 < gap <= fmean(waits) else None,
        past=tuple(runs),
    )


def of_members(seconds: float, ended: int, left: int) -> Likely:
    """The pace of a workflow with `left` open members, of which so many ended in these seconds."""
    by = _HALF * sqrt(_OWN_SPREAD**2 + 1 / ended + 1 / left)
    return Likely(seconds / ended, (round(exp(-by), 4), round(exp(by), 4)))


def _misses(given: Iterable[float | None]) -> Band | None:
    known = [miss for miss in given if miss is not None]
    return _band(known, fmean(known)) if known else None


def _likely(logs: Sequence[float]) -> Likely | None:
    """The prediction of these logarithms, newest last: each counts as much as all before it."""
    if not logs:
        return None
    likely = logs[0]
    for one in logs[1:]:
        likely += (one - likely) / 2
    return Likely(exp(likely), _band(logs, 0.0))


def _band(logs: Sequence[float], around: float) -> Band | None:
    """The factors of the range, around this logarithm, of four of five next values; None with too
    few runs."""
    count = len(logs)
    if count < LEAST:
        return None
    mean = fmean(logs)
    squares = _OWN_SPREAD**2 + sum((one - mean) ** 2 for one in logs)
    by = _HALF * sqrt(squares / count * (1 + 1 / count))
    least, most = (exp(max(min(around + one, _FURTHEST), -_FURTHEST)) for one in (-by, by))
    return round(least, 4), round(most, 4)
