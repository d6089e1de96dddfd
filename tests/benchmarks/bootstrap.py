"""Bootstrap intervals of a figure over jobs, and the same figure of each family of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from random import Random
from typing import Protocol, TypeVar


class OfARun(Protocol):
    """Something that was seen of a job: the family and the run that the job is of."""

    @property
    def family(self) -> str: ...
    @property
    def run(self) -> str: ...


S = TypeVar("S", bound=OfARun)
K = TypeVar("K", bound=Hashable)


def interval(
    found: Sequence[S], figure: Callable[[Sequence[S]], float], samples: int
) -> tuple[float, float]:
    """The bootstrap's 90 % interval of a figure. Whole runs are drawn, since the jobs of one run
    are alike."""
    random = Random(0)
    runs = list(grouped(found, lambda one: (one.family, one.run)).values())
    drawn = sorted(
        figure([one for run in random.choices(runs, k=len(runs)) for one in run])
        for _ in range(samples)
    )
    return drawn[len(drawn) // 20], drawn[-1 - len(drawn) // 20]


def grouped(found: Sequence[S], key: Callable[[S], K]) -> Mapping[K, list[S]]:
    """What was seen, by a key."""
    groups: dict[K, list[S]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return groups
