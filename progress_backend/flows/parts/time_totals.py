"""Adds up, by task type, how long tasks waited until their first start, and how long the runs took
that completed them.

Each API process reports on all tasks, so the commits of starts and ends add in the store.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.part import Given, Part
from ...record.events import Completed, Event, Progressed, Started
from ...record.local_time import MICROSECOND
from ...record.model import Task
from ...record.time_totals import LONGEST_US, MOST_TOTALS, RUN, WAIT
from .change import Change, CommitPart


def parts(change: Change) -> Iterator[Part]:
    """The times that a change adds."""
    if counted := tuple(times(change)):
        more = [part for kind, us in counted for part in (kind, change.after.task_type, us)]
        bound = {"fields": 2 * MOST_TOTALS}
        yield Part("time_totals", lambda keys: Given({"times": keys.times}, bound, (), more))


def times(change: Change) -> Iterator[tuple[str, int]]:
    """The kind of each added time, and its µs."""
    before, after = change.before, change.after
    if after.waited_ms is not None and (before is None or before.waited_ms is None):
        yield WAIT, _bounded(after.waited_ms * 1_000)
    if change.completes and not after.forced:
        ended, began = after.completed_at, after.attempt_started_at or after.started_at
        if ended is not None and began is not None:
            yield RUN, _bounded((ended - began) // MICROSECOND)


def _bounded(us: int) -> int:
    return min(max(us, 0), LONGEST_US)


def _starts_or_completes(before: Task | None, event: Event) -> bool:
    """All but the later values: the first value of work outside Celery starts it."""
    return not isinstance(event, Progressed) or before is None or before.started_at is None


TIME_TOTALS = CommitPart(parts, frozenset({Started, Progressed, Completed}), _starts_or_completes)
