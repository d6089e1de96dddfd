"""The watched tasks, as last read from a store or an API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..errors import ProgressError
from ..record.model import Task, TaskStatus
from .rows import final


@dataclass(frozen=True, slots=True)
class View:
    """Tasks in the order in which they are shown."""

    tasks: tuple[Task, ...] = ()
    #: Tasks of each status, over all tasks of the store; empty if only some ids are watched.
    counts: Mapping[str, int | None] = field(default_factory=dict)
    #: The number of tasks that could be shown; None where an API does not count them.
    total: int | None = 0
    at: datetime | None = None
    #: Why its tasks are not newer than `at`.
    trouble: ProgressError | None = None
    #: The workflow that the tasks are members of, as a row before theirs.
    workflow: Task | None = None

    @property
    def now(self) -> datetime:
        """The time that its tasks are shown at."""
        return self.at or datetime.now().astimezone()

    @property
    def rows(self) -> tuple[Task, ...]:
        """The workflow, if there is one, then the tasks."""
        return self.tasks if self.workflow is None else (self.workflow, *self.tasks)

    @property
    def watched(self) -> tuple[Task, ...]:
        """What is waited for: the workflow, or the tasks."""
        return self.tasks if self.workflow is None else (self.workflow,)

    @property
    def ended(self) -> bool:
        """Whether something is waited for, and all of it has ended for good."""
        return bool(self.watched) and all(final(task, confirmed=True) for task in self.watched)

    @property
    def completed(self) -> bool:
        """Whether all that is waited for was completed."""
        return all(task.status == TaskStatus.COMPLETED for task in self.watched)
