"""How often the range of the estimated end holds the end, and how wide it is.

All predictions count whose type has four past runs or more, also those that are too wide to show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple, Protocol

from progress_backend.record.estimate import WIDEST
from progress_backend.record.past_runs import LEAST
from progress_backend.record.work import MARKS

from .durations import Job
from .replay import Value
from .row import Row

#: From so many past runs on a range is no longer judged apart.
MANY = 8
#: Largest width at half of the items, in parts of the rest, by the pace.
WIDTHS = {"items of seconds": 0.65, "eight items at a time": 1.1}
NOMINAL = 80.0


class Told(Protocol):
    """A job, what was said of it, and by how many past runs."""

    @property
    def job(self) -> Job: ...
    @property
    def values(self) -> list[Value]: ...
    @property
    def runs(self) -> int: ...


class Prediction(NamedTuple):
    """One range at a mark, 0 for the creation; the figures are parts of the rest that there was."""

    mark: int
    family: str
    runs: int
    holds: bool
    width: float
    hidden: bool
    error: float


def predictions(said: Iterable[Told]) -> Iterator[Prediction]:
    """The ranges at the creation and at each mark."""
    for told in said:
        end = told.values[-1]
        for mark in (0, *MARKS) if told.runs >= LEAST else ():
            at = next(v for v in told.values if v.done * 100 >= mark * end.done)
            rest = end.at - at.at
            if rest > 0 and at.ours is not None and at.least is not None and at.most is not None:
                yield Prediction(
                    mark,
                    told.job.family,
                    told.runs,
                    at.least <= rest <= at.most,
                    (at.most - at.least) / rest,
                    at.most > at.least * WIDEST,
                    abs(at.ours - rest) / rest,
                )


def range_rows(pace: str, said: Iterable[Told]) -> list[Row]:
    """The rows about the ranges of jobs at a pace; none without any."""
    found = list(predictions(said))
    if not found:
        return []
    marks = [[one for one in found if one.mark == mark] for mark in (0, *MARKS)]
    covered = [_holding(some) for some in marks]
    few = _holding([one for one in found if one.runs < MANY])
    hidden = [100 * sum(one.hidden for one in some) / max(len(some), 1) for some in marks]
    width = median(one.width for one in marks[MARKS.index(50) + 1])
    error = median(one.error for one in marks[0])
    families = sorted({one.family for one in found})
    notes = (
        f"{len(marks[0])} jobs; at creation, 10, 25, 50 and 75 %: "
        + ", ".join(f"{share:.0f} %" for share in covered),
        ", ".join(f"{f} {_holding([p for p in found if p.family == f]):.0f} %" for f in families),
    )

    def row(what: str, figure: float, target: float, *, more: bool = False) -> Row:
        unit, peer = "% of the ends", "four of five"
        figures = {"ours": figure, peer: NOMINAL}
        ratio, bound = figure / NOMINAL, target / NOMINAL
        return Row(f"{what}, {pace}", unit, figures, peer, ratio, bound, more=more)

    def share(what: str, figure: float, target: float, stretch: float | None = None) -> Row:
        figures = {"ours": 100 * figure}
        return Row(f"{what}, {pace}", "%", figures, "all", figure, target, stretch)

    return [
        replace(row("ends in the range", _holding(found), 75, more=True), notes=notes),
        row("ends in the range, not too many", _holding(found), 86),
        row("ends in the range at the worst mark", min(covered), 70, more=True),
        row("ends in the range at the best mark, not too many", max(covered), 90),
        row("ends in the range, four to seven past runs", few, 70, more=True),
        share("ranges too wide to show at creation", hidden[0] / 100, 0.4),
        share("ranges too wide to show from 25 % on", max(hidden[2:]) / 100, 0.2),
        share("width of the range at 50 %, in parts of the rest", width, WIDTHS[pace]),
        share("error of the end at creation, in parts of the rest", error, 0.35, 0.25),
    ]


def _holding(some: Sequence[Prediction]) -> float:
    """The percentage of the ranges that held the end."""
    return 100 * sum(one.holds for one in some) / max(len(some), 1)
