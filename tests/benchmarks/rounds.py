"""Paired rounds: every side once a round, in turn, so that a slow moment hits all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median

#: One round of one side; what it returns is the figure.
Measure = Callable[[], float]


class Rounds:
    """Figures of several sides, a list each, of the same length."""

    def __init__(self, figures: Mapping[str, list[float]]) -> None:
        self._figures = figures

    @classmethod
    def of(cls, sides: Mapping[str, Measure], count: int, *, warm_up: int = 1) -> Rounds:
        """Runs `count` rounds after `warm_up` ones that are thrown away.

        Garbage is collected before each round, so that none pays for another one's.
        """
        figures: dict[str, list[float]] = {name: [] for name in sides}
        order = list(sides)
        for number in range(warm_up + count):
            for name in order:
                gc.collect()
                figure = sides[name]()
                if number >= warm_up:
                    figures[name].append(figure)
            order.reverse()  # who comes first gets no lasting advantage
        return cls(figures)

    def medians(self) -> dict[str, float]:
        """Each side's median, in the order the sides were given."""
        return {name: median(values) for name, values in self._figures.items()}

    def ratio(self, ours: str, peer: str) -> float:
        """The median of the rounds' ratios."""
        pairs = zip(self._figures[ours], self._figures[peer], strict=True)
        return median(mine / theirs for mine, theirs in pairs)

    def spread(self, ours: str, peer: str) -> str:
        """The smallest and largest of the rounds' ratios, for the notes."""
        ratios = sorted(
            mine / theirs
            for mine, theirs in zip(self._figures[ours], self._figures[peer], strict=True)
        )
        return f"ratio of single rounds {ratios[0]:.3f}-{ratios[-1]:.3f}, {len(ratios)} rounds"

    def less(self, base: str) -> Rounds:
        """The same with the base's figure of the same round taken off the others'."""
        bases = self._figures[base]
        return Rounds(
            {
                name: [value - floor for value, floor in zip(values, bases, strict=True)]
                for name, values in self._figures.items()
                if name != base
            }
        )
