"""How long tasks waited for their start and ran: how often, and in all, by task type; pure.

A task's wait counts when it first begins, a run's time when it completes the task. Every process
answers for all tasks, so the commits of starts and ends count in the store.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .local_time import MICROSECOND
from .model import Task, TaskStatus

WAIT, RUN = KINDS = ("wait", "run")
#: Kinds of task types that have a total of their own; further ones of a kind count together.
MOST_TOTALS: Final = 200
#: The type under which these count: no task's.
OTHERS: Final = ""
#: A longer time counts as this one, so that no sum outgrows 64 bits.
_LONGEST_US: Final = 366 * 86_400 * 1_000_000


class Took(NamedTuple):
    """A time of a kind, in microseconds."""

    kind: str
    us: int


class Total(NamedTuple):
    """How many times were counted, and their sum in microseconds."""

    number: int = 0
    us: int = 0


#: By kind and task type.
Totals = dict[tuple[str, str], Total]


def took(before: Task | None, after: Task) -> tuple[Took, ...]:
    """The times that count with the change from a record to the next."""
    found = []
    waited_ms = after.waited_ms
    if waited_ms is not None and (before is None or before.waited_ms is None):
        found.append(_took(WAIT, waited_ms * 1_000))
    ended, began = after.completed_at, after.attempt_started_at or after.started_at
    counts = completes(before, after) and not after.forced
    if counts and ended is not None and began is not None:
        found.append(_took(RUN, (ended - began) // MICROSECOND))
    return tuple(found)


def completes(before: Task | None, after: Task) -> bool:
    """Whether a change completes the task, or completes it again in another run."""
    if after.status != TaskStatus.COMPLETED:
        return False
    if before is None or before.status != TaskStatus.COMPLETED:
        return True
    return before.attempt != after.attempt


def _took(kind: str, us: int) -> Took:
    return Took(kind, min(max(us, 0), _LONGEST_US))
