"""How often the range of the estimated end holds the end, and how wide it is.

All predictions count whose type has four past runs or more, also those that are too wide to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple, Protocol

from progress_backend.record.estimate import WIDEST
from progress_backend.record.past_runs import LEAST

from .bootstrap import grouped, interval
from .durations import Job
from .replay import Value
from .row import Row

#: The creation, and percentages of the items at which ranges are judged.
PLACES = {0: "creation", 10: "10 %", 25: "25 %", 50: "50 %", 75: "75 %"}
#: Percentages of the ends that were in their range on recordings which the builders of the rule did
#: not have, with a value a second.
HELD_BACK = {0: 83, 10: 67, 25: 79, 50: 90, 75: 73}
#: From so many past runs on a range is no longer judged apart.
MANY = 8
#: Largest width at half of the items, in parts of the rest, by the pace.
WIDTHS = {"items of seconds": 0.65, "eight items at a time": 1.1}
NOMINAL = 80.0
#: The mark from which on few ranges may be too wide to show.
LATER = 25


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
    run: str
    runs: int
    holds: bool
    width: float
    hidden: bool
    error: float


_Figure = Callable[[Sequence[Prediction]], float]


def predictions(said: Iterable[Told]) -> Iterator[Prediction]:
    """The ranges at the creation and at each mark."""
    for told in said:
        end = told.values[-1]
        for mark in PLACES if told.runs >= LEAST else ():
            at = next(v for v in told.values if v.done * 100 >= mark * end.done)
            rest = end.at - at.at
            if rest > 0 and at.ours is not None and at.least is not None and at.most is not None:
                yield Prediction(
                    mark,
                    told.job.family,
                    told.job.run,
                    told.runs,
                    at.least <= rest <= at.most,
                    (at.most - at.least) / rest,
                    at.most > at.least * WIDEST,
                    abs(at.ours - rest) / rest,
                )


def range_rows(pace: str, said: Iterable[Told], samples: int) -> list[Row]:
    """The rows about the ranges of jobs at a pace; none without any."""
    found = list(predictions(said))
    if not found:
        return []

    def noted(some: Sequence[Prediction], figure: _Figure) -> tuple[str, ...]:
        return (_spread(some, figure, samples),)

    def row(
        what: str, some: Sequence[Prediction], figure: _Figure, target: float, *, more: bool = False
    ) -> Row:
        unit, peer = "% of the ends", "four of five"
        figures = {"ours": figure(some), peer: NOMINAL}
        ratio, bound = figure(some) / NOMINAL, target / NOMINAL
        notes = noted(some, figure)
        return Row(f"{what}, {pace}", unit, figures, peer, ratio, bound, more=more, notes=notes)

    def share(
        what: str,
        some: Sequence[Prediction],
        figure: _Figure,
        target: float,
        stretch: float | None = None,
    ) -> Row:
        part = figure(some) / 100
        figures, notes = {"ours": figure(some)}, noted(some, figure)
        return Row(f"{what}, {pace}", "%", figures, "all", part, target, stretch, notes=notes)

    at = {mark: [one for one in found if one.mark == mark] for mark in PLACES}
    covered = ", ".join(f"{_holding(some):.0f} %" for some in at.values())
    one_by_one = pace == "items of seconds"
    pooled = row("ends in the range", found, _holding, 75, more=True)
    each = f"{len(at[0])} jobs; at creation, 10, 25, 50 and 75 %: {covered}"
    few = [one for one in found if one.runs < MANY]
    later = [one for one in found if one.mark >= LATER]
    return [
        *[_beside(pace, mark, at[mark], samples) for mark in HELD_BACK if one_by_one],
        replace(pooled, notes=(each, *pooled.notes)),
        row("ends in the range at the worst mark", found, _worst, 70, more=True),
        row("ends in the range, four to seven past runs", few, _holding, 70, more=True),
        share("ranges too wide to show at creation", at[0], _hidden, 0.4),
        share("ranges too wide to show from 25 % on", later, _most_hidden, 0.2),
        share("width of the range at 50 %, in parts of the rest", at[50], _width, WIDTHS[pace]),
        share("error of the end at creation, in parts of the rest", at[0], _error, 0.35, 0.25),
    ]


def _beside(pace: str, mark: int, some: Sequence[Prediction], samples: int) -> Row:
    """How many ends of these recordings are in the range, beside those that were held back."""
    held = _holding(some)
    figures = {"ours": held, "held-back recordings": float(HELD_BACK[mark])}
    what, unit, bound = (
        f"ends in the range at {PLACES[mark]}, {pace}",
        "% of the ends",
        65 / NOMINAL,
    )
    notes = (_spread(some, _holding, samples),)
    return Row(what, unit, figures, "four of five", held / NOMINAL, bound, more=True, notes=notes)


def _spread(some: Sequence[Prediction], figure: _Figure, samples: int) -> str:
    """A figure's interval, and the same figure of each family by itself."""
    if not some:
        return "none"
    low, high = interval(some, figure, samples)
    families = sorted(grouped(some, lambda one: one.family).items())
    own = ", ".join(f"{family} {figure(its):.0f} % ({len(its)})" for family, its in families)
    return f"90 % interval {low:.0f}-{high:.0f} % (bootstrap over runs), {len(some)} ranges; {own}"


def _holding(some: Sequence[Prediction]) -> float:
    """The percentage of the ranges that held the end."""
    return 100 * sum(one.holds for one in some) / max(len(some), 1)


def _hidden(some: Sequence[Prediction]) -> float:
    """The percentage of the ranges that were too wide to show."""
    return 100 * sum(one.hidden for one in some) / max(len(some), 1)


def _at_marks(some: Sequence[Prediction], figure: _Figure) -> list[float]:
    return [figure(its) for its in grouped(some, lambda one: one.mark).values()] or [0.0]


def _worst(some: Sequence[Prediction]) -> float:
    return min(_at_marks(some, _holding))


def _most_hidden(some: Sequence[Prediction]) -> float:
    return max(_at_marks(some, _hidden))


def _width(some: Sequence[Prediction]) -> float:
    return 100 * median(one.width for one in some) if some else 0.0


def _error(some: Sequence[Prediction]) -> float:
    return 100 * median(one.error for one in some) if some else 0.0
