"""How many good runs are called stalled, and how soon a run is that really froze."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from .ranges import Estimated, by_family
from .row import Row

#: What the rule is compared with: three times the run's own longest gap, 30 s at least.
OWN = "its own gaps alone"


class Judged(NamedTuple):
    """One job's family; and, by the rule and by its own gaps alone: whether it was called stalled,
    and after which part of its rest it would have been, if it had frozen with half of its items."""

    family: str
    called: tuple[bool, ...]
    after: tuple[float, ...]


def judged(jobs: Iterable[Estimated]) -> Iterable[Judged]:
    """The jobs with a past run of their type."""
    for one in jobs:
        values, end = one.values, one.values[-1]
        half = next(v for v in values if v.done * 2 >= end.done)
        if one.runs and None not in half.stalled_s and end.at > half.at:
            waits = [(a.stalled_s, b.at - a.at) for a, b in pairwise(values)]
            called = (any(wait > (limits[by] or wait) for limits, wait in waits) for by in (0, 1))
            after = ((limit or 0) / (end.at - half.at) for limit in half.stalled_s)
            yield Judged(one.job.family, tuple(called), tuple(after))


def silence_rows(pace: str, jobs: Iterable[Estimated]) -> list[Row]:
    """The rows about silences of jobs at a pace; none without any."""
    if not (found := list(judged(jobs))):
        return []

    def row(what: str, unit: str, ours: float, own: float, target: float, note: str) -> Row:
        figures = {"ours": 100 * ours, OWN: 100 * own}
        return Row(f"{what}, {pace}", unit, figures, "all", ours, target, notes=(note,))

    called = by_family(found, lambda some: 100 * _called(some, 0))
    after = by_family(found, lambda some: 100 * _after(some, 0))
    return [
        row("good runs called stalled", "%", _called(found, 0), _called(found, 1), 0.1, called),
        row(
            "a run that froze at 50 % is called so after",
            "% of its rest", _after(found, 0), _after(found, 1), 2.0, after,
        ),
    ]  # fmt: skip


def _called(some: Sequence[Judged], by: int) -> float:
    return sum(one.called[by] for one in some) / len(some)


def _after(some: Sequence[Judged], by: int) -> float:
    return median(one.after[by] for one in some)
