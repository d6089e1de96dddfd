"""How many good runs are called stalled, and how soon a run is that really froze."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from .ranges import Estimated, by_family
from .row import Row

#: The part of its items, in percent, after which a run that froze is judged.
FROZEN_AT = 50
#: What the limit is compared with: three times the run's own longest gap, 30 s at least.
OWN = "its own gaps alone"


class Judged(NamedTuple):
    """One job's family; whether it was called stalled, by the rule and by its own gaps alone; and
    after which part of its rest it would have been, if it had frozen."""

    family: str
    called: bool
    called_by_own: bool
    after: float | None
    after_by_own: float | None


def judged(jobs: Iterable[Estimated]) -> list[Judged]:
    """The jobs with a past run of their type."""
    found = []
    for one in jobs:
        if not one.runs:
            continue
        values, end = one.values, one.values[-1]
        waits = [(a.stalled_s, a.own_stalled_s, b.at - a.at) for a, b in pairwise(values)]
        at = next(v for v in values if v.done * 100 >= FROZEN_AT * end.done)
        rest = end.at - at.at
        after, own = (
            None if most is None or rest <= 0 else most / rest
            for most in (at.stalled_s, at.own_stalled_s)
        )
        called, called_by_own = (
            any(limits[by] is not None and limits[2] > limits[by] for limits in waits)
            for by in (0, 1)
        )
        found.append(Judged(one.job.family, called, called_by_own, after, own))
    return found


def silence_rows(pace: str, jobs: Iterable[Estimated]) -> list[Row]:
    """The rows about silences of jobs at a pace; none without any."""
    found = judged(jobs)
    if not found:
        return []
    called = sum(one.called for one in found), sum(one.called_by_own for one in found)
    after = [one.after for one in found if one.after is not None]
    own = [one.after_by_own for one in found if one.after_by_own is not None]
    return [
        Row(
            f"good runs called stalled, {pace}",
            f"of {len(found)}",
            {"ours": called[0], OWN: called[1]},
            "all",
            called[0] / len(found),
            0.1,
            notes=(by_family(found, _called),),
        ),
        Row(
            f"a run that froze at {FROZEN_AT} % is called so after, {pace}",
            "% of its rest",
            {"ours": 100 * median(after), OWN: 100 * median(own)},
            "its rest",
            median(after),
            2.0,
            notes=(by_family(found, _after),),
        ),
    ]


def _called(some: Sequence[Judged]) -> float:
    return 100 * sum(one.called for one in some) / len(some)


def _after(some: Sequence[Judged]) -> float:
    known = [one.after for one in some if one.after is not None]
    return 100 * median(known) if known else 0.0
