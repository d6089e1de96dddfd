"""How long tasks waited for their start and ran, counted in histograms by task type; pure.

A task's wait counts when it first begins, a run's time when it completes the task. Whoever is asked
tells of all tasks, so that the commits of starts and ends count in the store.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from .model import Task, TaskStatus

#: Upper bounds in seconds, the last bucket without one.
BOUNDS: Final = (
    *(0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0),
    *(60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0),
)
WAIT, RUN = KINDS = ("wait", "run")
#: Task types of each kind that have a histogram of their own; those of others count together.
MOST_TYPES: Final = 100
#: The type under which others count: no task's.
OTHERS: Final = ""
_MICROSECOND: Final = timedelta(microseconds=1)
#: A longer time counts as this one, so that no sum outgrows 64 bits.
_LONGEST_US: Final = 366 * 86_400 * 1_000_000


class Took(NamedTuple):
    """A time that counts in the histogram of a kind: its bucket, and microseconds, never 0, so that
    a sum of 0 is that of a type that has no histogram yet."""

    kind: str
    bucket: int
    us: int


class Histogram(NamedTuple):
    """How many times are in each bucket, and their sum."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    us: int = 0

    def plus(self, other: Histogram) -> Histogram:
        """Both as one."""
        counts = zip(self.counts, other.counts, strict=True)
        return Histogram(tuple(map(sum, counts)), self.us + other.us)


#: By kind and task type.
Histograms = dict[tuple[str, str], Histogram]


def took(before: Task | None, after: Task) -> tuple[Took, ...]:
    """The times that count with the change from a record to the next."""
    found = []
    waited_ms = after.waited_ms
    if waited_ms is not None and (before is None or before.waited_ms is None):
        found.append(_took(WAIT, waited_ms * 1_000))
    ended, began = after.completed_at, after.attempt_started_at or after.started_at
    completed = after.status == TaskStatus.COMPLETED and not after.forced
    if completed and ended is not None and began is not None and _completes(before, after):
        found.append(_took(RUN, (ended - began) // _MICROSECOND))
    return tuple(found)


def _completes(before: Task | None, after: Task) -> bool:
    """Whether a change completes the task, or completes it again in another run."""
    if before is None or before.status != TaskStatus.COMPLETED:
        return True
    return before.attempt != after.attempt


def _took(kind: str, us: int) -> Took:
    us = min(max(us, 1), _LONGEST_US)
    return Took(kind, bisect_left(BOUNDS, us / 1e6), us)


def merged(several: Iterable[Histograms]) -> Histograms:
    """The histograms of all partitions as one; beyond `MOST_TYPES`, the first by name have their
    own."""
    found: Histograms = {}
    for one in several:
        for name, histogram in one.items():
            found[name] = found.get(name, Histogram()).plus(histogram)
    for kind in KINDS:
        types = sorted(t for k, t in found if k == kind and t != OTHERS)
        for task_type in types[MOST_TYPES:]:
            others = found.get((kind, OTHERS), Histogram())
            found[kind, OTHERS] = others.plus(found.pop((kind, task_type)))
    return found
