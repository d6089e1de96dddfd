"""Status and progress of a workflow, computed from counts of its members; pure.

A workflow is all tasks that one call of a canvas starts, and those that its members start in turn.
Only counts are stored of it, which the members' commits change; its status is computed from them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from .model import STATUSES, Task, TaskStatus

#: The share of a member that has ended; a running member has as much of it as it is through.
WHOLE: Final = 1_000


class Figures(NamedTuple):
    """A workflow's counts at one moment."""

    #: Members by their status, in the order of `STATUSES`.
    counts: tuple[int, ...]
    #: Created (or paused) members whose messages Celery has not sent yet.
    planned: int = 0
    #: Members that will be published and have no record yet.
    expected: int = 0
    #: Publishes in progress that may add members.
    publishers: int = 0
    #: Sum of the members' shares.
    share: int = 0
    #: Start of the first member, and end of the last one.
    started_at: datetime | None = None
    ended_at: datetime | None = None
    #: "cancel" or "pause" where a caller asks that of the whole workflow.
    asked: str | None = None

    def count(self, status: str) -> int:
        """Members with this status."""
        return self.counts[STATUSES.index(status)]

    @property
    def total(self) -> int:
        """All members, the expected ones included."""
        return sum(self.counts) + self.expected

    @property
    def ended(self) -> int:
        """Members that are completed, failed or cancelled."""
        return sum(map(self.count, (TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)))

    @property
    def open(self) -> int:
        """Members and publishes that the workflow's end waits for."""
        return self.total - self.ended + self.publishers

    @property
    def status(self) -> str:
        """The workflow's status: that of the first condition here that holds."""
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
        """Percentage of all members' work that is done, with one decimal, rounded down; below 100
        until every member has ended."""
        if not self.open:
            return 100
        through = self.share // self.total if self.total else 0
        return min(max(through, 0), WHOLE - 1) * 100 / WHOLE


def share_of(task: Task, known: int = 0) -> int:
    """A member's share that is done, from 0 to `WHOLE`. It never falls: a run that begins again, or
    a total that grows, takes nothing back."""
    if task.ended:
        return WHOLE
    total = task.total_items
    through = task.current_items * WHOLE // total if total else 0
    return max(known, min(max(through, 0), WHOLE - 1))
