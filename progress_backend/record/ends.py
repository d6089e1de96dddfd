"""When tasks ended: the order of a list by end, and how many ended in each minute; pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from .model import ENDED, Task, TaskStatus

#: The statuses of tasks that have ended, in the order of `Ends`.
STATUSES: Final = (TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)
#: Minutes whose ends are counted: those of a day.
KEPT_MINUTES: Final = 1_440
MINUTE_MS: Final = 60_000


class End(NamedTuple):
    """An end that a commit records: when, in ms since 1970, and its status' place in `STATUSES`,
    from 1; 0: another commit has counted it."""

    at_ms: int
    place: int


class Ends(NamedTuple):
    """How many tasks ended in a minute."""

    completed: int = 0
    error: int = 0
    cancelled: int = 0


def end(before: Task | None, after: Task) -> End | None:
    """The end that comes with the change from a record to the next."""
    ended = after.completed_at
    if not after.ended or ended is None:
        return None
    again = before is not None and before.status == after.status
    if again and before is not None and before.completed_at == ended:
        return None
    place = 0 if again else STATUSES.index(after.status) + 1
    return End(int(ended.timestamp() * 1000), place)


assert set(STATUSES) == set(ENDED)
