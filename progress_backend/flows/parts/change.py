"""The change of a record by a commit, from which the commit's parts are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ...operations.index_entry import Facets, Standing
from ...operations.part import Part
from ...record.events import Event
from ...record.model import Task, TaskStatus


class Change(NamedTuple):
    """A record before and after a commit."""

    #: None where none is stored.
    before: Task | None
    after: Task
    #: The facets that are stored before the commit, and after it.
    stood: Standing
    stands: Facets
    #: Each event, with the record before and after it.
    steps: tuple[tuple[Task | None, Event, Task], ...]
    #: The next record as it is stored.
    document: bytes

    @property
    def completes(self) -> bool:
        """Whether it completes the task, or completes it again in another run."""
        before, after = self.before, self.after
        if after.status != TaskStatus.COMPLETED:
            return False
        if before is None or before.status != TaskStatus.COMPLETED:
            return True
        return before.attempt != after.attempt


#: A function that makes a feature's parts of a commit.
Parts = Callable[[Change], Iterable[Part]]
