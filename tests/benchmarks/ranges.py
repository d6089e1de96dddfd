"""How often the range of the estimated end holds the end, and how wide it is.

Predictions of types with four past runs or more count, also those that are too wide to show: these
are shown as their latest end alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from typing import NamedTuple, Protocol, TypeVar

from progress_backend.record.estimate import WIDEST
from progress_backend.record.past_runs import LEAST

from .durations import Job
from .replay import Value
from .row import Row

#: Percentages of the items at which ranges are judged, 0 for the creation; and, of the ends of
#: recordings which the builders of the rule did not have, with a value a second, the percentage
#: that was in its range.
HELD_BACK = {0: 83, 10: 67, 25: 79, 50: 90, 75: 73}
#: Largest width at half of the items, in parts of the rest, by the pace.
WIDTHS = {"items of seconds": 0.65}
NOMINAL = 80.0
#: The mark from which on few ranges may be too wide to show.
LATER = 25


class OfAFamily(Protocol):
    """Something that was seen of a job of a family."""

    @property
    def family(self) -> str: ...


class Estimated(Protocol):
    """A job, its values, and by how many past runs they were estimated."""

    @property
    def job(self) -> Job: ...
    @property
    def values(self) -> list[Value]: ...
    @property
    def runs(self) -> int: ...


class Prediction(NamedTuple):
    """One range at a mark; the figures are parts of the rest that there was."""

    mark: int
    family: str
    holds: bool
    #: Whether the end is not after the latest one.
    in_time: bool
    width: float
    hidden: bool
    error: float


F = TypeVar("F", bound=OfAFamily)
_Figure = Callable[[Sequence[Prediction]], float]


def by_family(found: Sequence[F], figure: Callable[[Sequence[F]], float]) -> str:
    """A note: how many were seen, and the same figure of each family of jobs by itself."""
    families: dict[str, list[F]] = {}
    for one in found:
        families.setdefault(one.family, []).append(one)
    own = [f"{name} {figure(its):.1f} % ({len(its)})" for name, its in sorted(families.items())]
    return f"{len(found)} in all; {', '.join(own)}"


def predictions(jobs: Iterable[Estimated]) -> Iterator[Prediction]:
    """The ranges at the creation and at each mark."""
    for one in jobs:
        end = one.values[-1]
        for mark in HELD_BACK if one.runs >= LEAST else ():
            at = next(v for v in one.values if v.done * 100 >= mark * end.done)
            rest = end.at - at.at
            if rest > 0 and at.ours is not None and at.least is not None and at.most is not None:
                yield Prediction(
                    mark,
                    one.job.family,
                    at.least <= rest <= at.most,
                    rest <= at.most,
                    (at.most - at.least) / rest,
                    at.most > at.least * WIDEST,
                    abs(at.ours - rest) / rest,
                )


def range_rows(pace: str, jobs: Iterable[Estimated]) -> list[Row]:
    """The rows about the ranges of jobs at a pace; none without any."""
    found = list(predictions(jobs))
    if not found:
        return []

    def held(place: str, some: Sequence[Prediction], others: dict[str, float], least: float) -> Row:
        what, unit = f"ends in the range {place}, {pace}", "% of the ends"
        figures, notes = {"ours": _held(some), **others}, (by_family(some, _held),)
        ratio, bound = _held(some) / NOMINAL, least / NOMINAL
        return Row(what, unit, figures, "four of five", ratio, bound, more=True, notes=notes)

    def share(what: str, some: Sequence[Prediction], figure: _Figure, target: float) -> Row:
        part, notes = figure(some), (by_family(some, figure),)
        figures = {"ours": part}
        return Row(f"{what}, {pace}", "%", figures, "all", part / 100, target, notes=notes)

    at = {mark: [one for one in found if one.mark == mark] for mark in HELD_BACK}
    shown = [one for one in found if not one.hidden]
    wide = [one for one in found if one.hidden]
    later = [one for one in found if one.mark >= LATER]
    held_back = {
        mark: {"held-back recordings": float(other)} if pace == "items of seconds" else {}
        for mark, other in HELD_BACK.items()
    }
    return [
        *[
            held(f"at {mark} %" if mark else "at creation", some, held_back[mark], 65)
            for mark, some in at.items()
        ],
        held("at all marks", found, {}, 75),
        held("at all marks where it is shown", shown, {}, 75),
        share('ends after what "up to" says, where the range is wider', wide, _late, 0.2),
        share("ranges too wide to show at creation", at[0], _hidden, 0.4),
        share("ranges too wide to show from 25 % on", later, _hidden, 0.2),
        share(
            "width of the range at 50 %, in parts of the rest",
            at[50],
            _width,
            WIDTHS.get(pace, 1.1),
        ),
        share("error of the end at creation, in parts of the rest", at[0], _error, 0.35),
    ]


def _held(some: Sequence[Prediction]) -> float:
    """The percentage of the ranges that held the end."""
    return 100 * sum(one.holds for one in some) / max(len(some), 1)


def _late(some: Sequence[Prediction]) -> float:
    """The percentage of the ends that were after the latest one."""
    return 100 * sum(not one.in_time for one in some) / max(len(some), 1)


def _hidden(some: Sequence[Prediction]) -> float:
    """The percentage of the ranges that were too wide to show."""
    return 100 * sum(one.hidden for one in some) / max(len(some), 1)


def _width(some: Sequence[Prediction]) -> float:
    return 100 * median(one.width for one in some) if some else 0.0


def _error(some: Sequence[Prediction]) -> float:
    return 100 * median(one.error for one in some) if some else 0.0
