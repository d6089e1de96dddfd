"""Counts, by task type, ends and further runs; and how long tasks waited until their first start,
and how long the runs took that completed them.

Each API process reports on all tasks, so the commits add in the store. No sum ever falls: an end
that was not the last is counted by itself, as corrected.
"""

from __future__ import annotations

from typing import Final

from ...operations.commit import Given, Part
from ...record import events as ev
from ...record.local_time import MICROSECOND
from ...record.model import Task
from ...record.outcomes import ATTEMPT, BOUNDS_S, CORRECTED, END, MOST_TYPES, RUN, WAIT, end_of
from ..stored_record import milliseconds
from .change import Change, CommitPart

#: A longer time counts as this one, so that no sum outgrows 64 bits.
_LONGEST_US: Final = 366 * 86_400 * 1_000_000
#: Of these a publish makes another task of the record: the end before it stands.
_PUBLISHES: Final = (ev.Created, ev.Planned)
_NO_OUTCOME: Final = (*_PUBLISHES, ev.Paused, ev.Resumed, ev.Acknowledged, ev.Repeated, ev.Warned)
#: An event of a run is a sign of its start, if that was not recorded; of these none is counted.
_NO_START: Final = (*_NO_OUTCOME, ev.Progressed)


def parts(change: Change) -> tuple[Part, ...]:
    """What a change adds to the figures of its type."""
    completes = change.completes and not change.after.forced
    if not (counted := (*ends(change), *times(change, completes))):
        return ()
    after, more = change.after, [part for name, number in counted for part in (name, number)]
    given = {"type_": after.task_type, "most": MOST_TYPES, "scheduled": int(after.scheduled)}
    succeeds = completes and after.completed_at
    given["success"] = milliseconds(succeeds) if succeeds else ""
    return (
        Part(
            "outcomes",
            lambda keys: Given(
                {"outcomes": keys.outcomes, "successes": keys.successes}, given, (), more
            ),
        ),
    )


def ends(change: Change) -> list[tuple[str, int]]:
    """The ends, corrected ends and further runs, each with 1."""
    found = list[tuple[str, int]]()
    for before, event, after in change.steps:
        ended, ends = before and end_of(before), end_of(after)
        if ends is not None and ends != ended:
            found.append((f"{END}|{':'.join(ends)}|", 1))
        if ended is not None and ends != ended and not isinstance(event, _PUBLISHES):
            found.append((CORRECTED, 1))
        if isinstance(event, _NO_START):
            continue
        if before is not None and before.started_at and after.attempt > before.attempt:
            found.append((ATTEMPT, 1))
    return found


def times(change: Change, completes: bool) -> list[tuple[str, int]]:
    """Of each added time its bucket with 1, and its sum with its µs."""
    before, after, found = change.before, change.after, list[tuple[str, int]]()
    if after.waited_ms is not None and (before is None or before.waited_ms is None):
        found += _time(WAIT, after.waited_ms * 1_000)
    if completes:
        ended, began = after.completed_at, after.attempt_started_at or after.started_at
        if ended is not None and began is not None:
            found += _time(RUN, (ended - began) // MICROSECOND)
    return found


def _time(kind: str, us: int) -> tuple[tuple[str, int], ...]:
    us = min(max(us, 0), _LONGEST_US)
    bucket = next(bound for bound in BOUNDS_S[kind] if us <= bound * 1e6)
    return (f"{kind}|{bucket}|", 1), (f"{kind}|sum|", us)


def _may_count(before: Task | None, event: ev.Event) -> bool:
    """All but the later values: the first value of work outside Celery starts it, and one of a lost
    run starts that again."""
    later = before is not None and before.started_at is not None and not before.ended
    return not (later and isinstance(event, ev.Progressed))


OUTCOMES = CommitPart(parts, ev.EVENTS.difference(_NO_OUTCOME), _may_count)
