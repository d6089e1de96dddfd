"""What a workflow's figures say: its status and how far it is. One table, pure.

A workflow is what one call of a canvas started, and what its members start in turn. Nothing of it
is stored but figures that the members' commits move; its status is read out of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from .model import STATUSES, Task, TaskStatus

#: A member that has ended is so much of the whole; one that runs, as much of it as it is through.
WHOLE: Final = 1_000


class Figures(NamedTuple):
    """What is known of a workflow at one moment."""

    #: Members by their status, in the order of `STATUSES`.
    counts: tuple[int, ...]
    #: Those of the created (or paused) ones whose messages have not left yet.
    planned: int = 0
    #: Members that are known to come and have no record yet.
    expected: int = 0
    #: Publishes under way that may add members.
    publishers: int = 0
    #: The members' shares together.
    share: int = 0
    #: When the first member began and the last one ended.
    started_at: datetime | None = None
    ended_at: datetime | None = None
    #: "cancel" or "pause" where that is asked of the whole.
    asked: str | None = None

    def count(self, status: str) -> int:
        """How many members have a status."""
        return self.counts[STATUSES.index(status)]

    @property
    def total(self) -> int:
        """Members, those that are expected among them."""
        return sum(self.counts) + self.expected

    @property
    def ended(self) -> int:
        """Members that have ended, one way or another."""
        return sum(map(self.count, (TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)))

    @property
    def open(self) -> int:
        """What keeps the workflow from having ended."""
        return self.total - self.ended + self.publishers

    @property
    def status(self) -> str:
        """The workflow's, as the first line that holds says."""
        if self.open:
            if self.asked == "cancel":
                return TaskStatus.CANCELLED
            running = self.count(TaskStatus.RUNNING)
            if not running and (self.count(TaskStatus.PAUSED) or self.asked == "pause"):
                return TaskStatus.PAUSED
            return TaskStatus.RUNNING if running or self.ended else TaskStatus.CREATED
        for status in (TaskStatus.ERROR, TaskStatus.CANCELLED):
            if self.count(status):
                return status
        return TaskStatus.COMPLETED

    @property
    def percentage(self) -> float:
        """How much of all members' work is over, with one decimal, rounded down; below 100 while
        anything is open."""
        if not self.open:
            return 100
        through = self.share // self.total if self.total else 0
        return min(max(through, 0), WHOLE - 1) * 100 / WHOLE


def share_of(task: Task, known: int = 0) -> int:
    """How much of the whole a member is through, which never falls: a run that begins anew, or
    a total that grows, takes nothing back."""
    if task.ended:
        return WHOLE
    total = task.total_items
    through = task.current_items * WHOLE // total if total else 0
    return max(known, min(max(through, 0), WHOLE - 1))
