"""The work of one attempt: items that its values have counted, and the time that those took; pure.

The first value of an attempt only begins the count, since what is before it is preparation. Time
without a run, or in which the run waits, is no work.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple

#: The pace is smoothed over this part of the items that the attempt has counted, and over this many
#: items at least: the further a run is, the less it should be moved by single items.
SMOOTHED_PART: Final = 0.25
SMOOTHED_LEAST: Final = 10
#: Values with new items, the first value included, and seconds of work before there is a rate.
STEADY_VALUES: Final = 3
STEADY_S: Final = 2.0
#: Percentages of all items at which a prediction is kept, to be compared with what came of it.
MARKS: Final = (10, 25, 50, 75)
#: What a prediction is multiplied with, for the least and the most of a range.
Band = tuple[float, float]
#: Shortest step in seconds that a rate is computed from; times are kept in milliseconds.
_SHORTEST_STEP_S: Final = 0.001
#: Decimals of a rate: a rate of one item in several days is above 0, and a document stays short.
_DECIMALS: Final = 6


class Work(NamedTuple):
    """What an attempt has done since its first value. Times are seconds since the attempt began."""

    #: Values with new items, the first value included; counted up to `STEADY_VALUES`.
    values: int = 1
    #: Items since the first value.
    items: int = 0
    #: Seconds of work that those items took.
    seconds: float = 0
    #: The time up to which work is counted in `seconds` and `open`.
    at: float = 0
    #: Seconds of work since the last of those items.
    open: float = 0
    #: What was predicted at each of `MARKS` that the run has passed with a rate: the seconds of
    #: work until then, and those that were left at that rate.
    said: tuple[float, ...] = ()
    #: The most seconds of work from one value to the next, whether or not it counted new items.
    gap: float = 0

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Work:
        """The work that `numbers` wrote."""
        values, items, seconds, at, spent, *said = numbers
        gap = said.pop() if len(said) % 2 else 0  # what was said are pairs
        return cls(int(values), int(items), seconds, at, spent, tuple(said), gap)

    @property
    def numbers(self) -> list[float]:
        """The work as an array of numbers, as a document has it."""
        return [*self[:-2], *self.said, *([self.gap] if self.gap else ())]

    @property
    def steady(self) -> bool:
        """Whether there is enough of it for a rate."""
        return self.values >= STEADY_VALUES and self.seconds >= STEADY_S

    @property
    def average(self) -> float | None:
        """Items a second over all of it; None while that is not known."""
        return average(self.items, self.seconds)


def average(items: int, seconds: float) -> float | None:
    """Items a second; None where there are no items or no time."""
    if items <= 0 or seconds < _SHORTEST_STEP_S:
        return None
    return round(items / seconds, _DECIMALS)


def counted(
    work: Work | None, rate: float | None, items: int, at: float, *, working: bool = True
) -> tuple[Work, float | None]:
    """Work and rate after a value with `items` more, `at` seconds after the attempt began.

    `working`: whether the run has worked since the last value. A count that goes back begins anew,
    as that of a job's next phase does; the rate stays until that of the new phase is known.
    """
    if work is None or items < 0:
        return Work(at=at, gap=0 if work is None else work.gap), rate
    values, before, seconds, last, spent, said, gap = work
    if working and at > last:
        spent += at - last
        gap = max(gap, round(at - last, 3))
    if not items or spent < _SHORTEST_STEP_S:
        return Work(values, before, seconds, at, round(spent, 3), said, gap), rate
    steady = values >= STEADY_VALUES and seconds >= STEADY_S
    done = before + items
    after = Work(min(values + 1, STEADY_VALUES), done, round(seconds + spent, 3), at, 0, said, gap)
    if steady:
        return after, smoothed(rate, items, spent, done)
    return after, after.average if after.steady else rate


def smoothed(rate: float | None, items: int, seconds: float, counted: int) -> float:
    """The rate (items a second) after `items` more in `seconds`, from the rate before.

    A step's weight depends on its items, not on its time: a slow item counts no more than a fast
    one. While the attempt has counted few items (`counted`, these included), the rate is their
    average.
    """
    if not rate or items >= counted:
        return round(items / seconds, _DECIMALS)
    over = max(SMOOTHED_PART * counted, SMOOTHED_LEAST)
    weight = max(1 - exp(-items / over), items / counted)
    # Steps are averaged by their seconds an item; at a weight of 1 nothing is left of the rate.
    pace = weight * seconds / items + (1 - weight) / rate
    return round(1 / pace, _DECIMALS)


def marked(work: Work, rate: float | None, done: int, total: int | None) -> Work:
    """The work with what is predicted with `done` of `total` items, at each mark that the run has
    newly passed."""
    passed = len(work.said) // 2
    if not rate or not total or passed == len(MARKS) or done * 100 < MARKS[passed] * total:
        return work
    new = sum(done * 100 >= mark * total for mark in MARKS) - passed
    rest = round(max(total - done, 0) / rate, 3)  # a run may count more than it has said
    return work._replace(said=work.said + (work.seconds, rest) * new)


def resumed(work: Work | None, stopped: float, at: float) -> Work | None:
    """The work after a pause from `stopped` to `at`, both seconds after the attempt began."""
    if work is None:
        return None
    return work._replace(at=at, open=round(work.open + max(stopped - work.at, 0.0), 3))
