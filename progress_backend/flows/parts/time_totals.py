"""Counts how long tasks waited for their start and ran, by task type: a task's wait when it first
begins, a run's time when it completes the task.

Every process answers for all tasks, so the commits of starts and ends count in the store.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.part import Given, Part
from ...record.local_time import MICROSECOND
from ...record.time_totals import LONGEST_US, MOST_TOTALS, RUN, WAIT
from .change import Change


def parts(change: Change) -> Iterator[Part]:
    """The times that count with a change."""
    if counted := tuple(times(change)):
        more = [part for kind, us in counted for part in (kind, change.after.task_type, us)]
        bound = {"fields": 2 * MOST_TOTALS}
        yield Part("time_totals", lambda keys: Given({"times": keys.times}, bound, (), more))


def times(change: Change) -> Iterator[tuple[str, int]]:
    """The kind of each time that counts, and its µs."""
    before, after = change.before, change.after
    if after.waited_ms is not None and (before is None or before.waited_ms is None):
        yield WAIT, _bounded(after.waited_ms * 1_000)
    if change.completes and not after.forced:
        ended, began = after.completed_at, after.attempt_started_at or after.started_at
        if ended is not None and began is not None:
            yield RUN, _bounded((ended - began) // MICROSECOND)


def _bounded(us: int) -> int:
    return min(max(us, 0), LONGEST_US)
