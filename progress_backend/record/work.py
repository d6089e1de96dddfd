"""The work of one attempt: items that its values have counted, and the time that those took; pure.

The first value of an attempt only starts the count: the time before it is preparation. Time without
a run, or in which the run waits, is no work.
"""

from __future__ import annotations

from math import exp
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

#: The pace is smoothed over this part of the items that the attempt has counted, and over this many
#: items at least: the further a run is, the less it should be moved by single items.
SMOOTHED_PART: Final = 0.25
SMOOTHED_LEAST: Final = 10
#: Seconds of work before there is a rate.
STEADY_S: Final = 2.0
#: Percentages of all items at which a prediction is kept, to be compared with the actual time.
MARKS: Final = (25, 50)
#: The factors of a prediction for the least and the most of a range.
Band = tuple[float, float]
#: A number that is not below 0, and can be divided by any rate; it stays as it was written, 1 or
#: 1.0.
_COUNT: Final = Meta(ge=0, le=2**63 - 1)
Amount = Annotated[int, _COUNT] | Annotated[float, Meta(ge=0, lt=1e100)]
#: Shortest step in seconds that a rate is computed from; times are kept in milliseconds.
_SHORTEST_STEP_S: Final = 0.001
#: Decimals of a rate: a rate of one item in several days is above 0, and a document stays short.
_DECIMALS: Final = 6


class Work(NamedTuple):
    """What an attempt has done since its first value. Times are seconds since the attempt began."""

    #: Items since the first value, and the seconds of work that they took.
    items: Annotated[int, _COUNT] = 0
    seconds: Amount = 0
    #: When the last of them was counted; later by each pause since.
    at: Amount = 0
    #: The most seconds of work from one value with new items to the next.
    gap: Amount = 0
    #: What was predicted at each of `MARKS` that the run has passed with a rate: the seconds of
    #: work until then, and those that were left at that rate.
    predicted: tuple[Amount, ...] = ()
    #: Whether the run itself has given a count, not a caller alone.
    by_run: bool = False

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

    `working`: whether the run has worked since the last value. A count that goes back starts again,
    as that of a job's next phase does; the rate stays until that of the new phase is known.
    """
    if work is None or items < 0:
        return Work(at=at, gap=0 if work is None else work.gap), rate
    if not working:
        return work._replace(at=max(at, work.at)), rate
    spent = at - work.at
    if not items or spent < _SHORTEST_STEP_S:
        return work, rate
    after = Work(
        work.items + items,
        round(work.seconds + spent, 3),
        at,
        max(work.gap, round(spent, 3)),
        work.predicted,
        work.by_run,
    )
    if work.seconds >= STEADY_S:
        return after, smoothed(rate, items, spent, after.items)
    return after, after.average if after.seconds >= STEADY_S else rate


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
    passed = len(work.predicted) // 2
    if not rate or not total or passed == len(MARKS) or done * 100 < MARKS[passed] * total:
        return work
    new = sum(done * 100 >= mark * total for mark in MARKS) - passed
    rest = round(max(total - done, 0) / rate, 3)  # a run may count more than it has given
    return work._replace(predicted=work.predicted + (work.seconds, rest) * new)


def resumed(work: Work | None, stopped: float, at: float) -> Work | None:
    """The work after a pause from `stopped` to `at`, both seconds after the attempt began."""
    if work is None:
        return None
    return work._replace(at=round(at - max(stopped - work.at, 0.0), 3))
