"""Status and progress of a workflow, computed from counts of its members; pure.

A workflow is all tasks that one call of a canvas starts, and those that its members start in turn.
Only counts are stored of it, which the members' commits change; its status is computed from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from . import act
from .act import Act
from .fields import Status
from .model import STATUSES, Task, TaskStatus
from .past_runs import PastRun

#: The share of a member that is completed; any other has the part of it that it has done.
WHOLE: Final = 1_000
#: Leases without a commit of a member after which a workflow is quiet.
_QUIET: Final = 10
#: Fewest ended members for a pace.
_LEAST: Final = 10


class WorkflowCounts(NamedTuple):
    """A workflow's counts at one moment; times are in milliseconds since 1970."""

    #: Members by their status, in the order of `STATUSES`.
    counts: tuple[int, ...]
    #: Created or paused members that are not published yet.
    planned: int = 0
    #: Publishes in progress that may add members.
    publishers: int = 0
    #: Failed members that never ran, since they were not going to be published.
    never_ran: int = 0
    #: Sum of the members' shares.
    share: int = 0
    created_ms: int | None = None
    #: Start of the first member, and end of the last one.
    started_ms: int | None = None
    ended_ms: int | None = None
    #: Time of the members' last commit, and the number of their commits.
    changed_ms: int | None = None
    revision: int = 0
    name: str | None = None
    #: How many members its caller expects; 0 where its caller names none.
    expected: int = 0
    #: The newest request of a caller about the whole workflow.
    act: Act | None = None
    #: The last successful runs of workflows of its name, the last one last.
    past: tuple[PastRun, ...] = ()

    @property
    def requested(self) -> str | None:
        """ "cancel" or "pause" if a caller has requested it for the whole workflow."""
        return None if self.act is None or self.act.action == "resume" else self.act.action

    def count(self, status: str) -> int:
        """Members with this status."""
        return self.counts[STATUSES.index(status)]

    @property
    def counted(self) -> dict[str, int]:
        """All counts by their names."""
        counts = dict(zip(STATUSES, self.counts, strict=True))
        return counts | {"planned": self.planned, "never_ran": self.never_ran}

    @property
    def total(self) -> int:
        """All members."""
        return sum(self.counts)

    @property
    def ended(self) -> int:
        """Members that are completed, failed or cancelled."""
        return sum(map(self.count, (TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)))

    @property
    def open(self) -> int:
        """Members and publishes that the workflow's end waits for."""
        return self.total - self.ended + self.publishers

    @property
    def only_planned(self) -> bool:
        """Whether members are open, and all of these are planned."""
        return 0 < self.planned == self.open

    def quiet(self, now_ms: int, lease_s: float) -> bool:
        """Whether a running workflow has had no commit of a member for long, though none is paused
        and none is being published."""
        waits = self.status == TaskStatus.RUNNING and not self.count(TaskStatus.PAUSED)
        since = now_ms - _QUIET * lease_s * 1000
        return waits and not self.publishers and (self.changed_ms or now_ms) < since

    @property
    def status(self) -> Status:
        """The workflow's status: that of the first condition here that holds."""
        if self.open:
            if self.requested == "cancel":
                return TaskStatus.CANCELLED
            running = self.count(TaskStatus.RUNNING)
            if not running and (self.count(TaskStatus.PAUSED) or self.requested == "pause"):
                return TaskStatus.PAUSED
            return TaskStatus.RUNNING if running or self.ended else TaskStatus.CREATED
        if self.count(TaskStatus.ERROR):
            return TaskStatus.ERROR
        return TaskStatus.CANCELLED if self.count(TaskStatus.CANCELLED) else TaskStatus.COMPLETED

    @property
    def has_pace(self) -> bool:
        """Whether the ended members predict when the others end: a quarter of all, at least ten,
        with all others at work or in the queue."""
        waits = self.planned or self.publishers or self.count(TaskStatus.PAUSED)
        return not waits and self.ended >= max(_LEAST, self.whole / 4)

    @property
    def whole(self) -> int:
        """The number of members behind the percentage: the expected number, while fewer are known
        and one of these is open."""
        return max(self.total, self.expected) if self.open else self.total

    @property
    def percentage(self) -> float:
        """Percentage of all members' work that is done, with one decimal, rounded down; 100 once
        every member is completed."""
        if self.status == TaskStatus.COMPLETED:
            return 100
        through = self.share // self.whole if self.whole else 0
        return min(max(through, 0), WHOLE - 1) * 100 / WHOLE


def merged(several: Sequence[WorkflowCounts]) -> WorkflowCounts:
    """The figures of all partitions as one."""
    return WorkflowCounts(
        tuple(map(sum, zip(*(one.counts for one in several), strict=True))),
        planned=sum(one.planned for one in several),
        publishers=sum(one.publishers for one in several),
        never_ran=sum(one.never_ran for one in several),
        share=sum(one.share for one in several),
        created_ms=min((one.created_ms for one in several if one.created_ms), default=None),
        started_ms=min((one.started_ms for one in several if one.started_ms), default=None),
        ended_ms=max((one.ended_ms for one in several if one.ended_ms), default=None),
        changed_ms=max((one.changed_ms for one in several if one.changed_ms), default=None),
        revision=sum(one.revision for one in several),
        name=next((one.name for one in several if one.name is not None), None),
        expected=max(one.expected for one in several),
        act=act.merged([one.act for one in several if one.act is not None]),
    )


def share_of(task: Task, known: int = 0) -> int:
    """A member's share that is done, from 0 to `WHOLE`. It never falls: a run that begins again, or
    a total that grows, takes nothing back."""
    if task.status == TaskStatus.COMPLETED:
        return WHOLE
    total = task.total_items
    through = task.current_items * WHOLE // total if total else 0
    return max(known, min(max(through, 0), WHOLE - 1))
