"""Rows of the terminal: tasks, and workflows that stand for theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..record import task_json
from ..record.model import Task, TaskStatus

#: Statuses that are shown first when there is not room for all.
FIRST = (TaskStatus.RUNNING, TaskStatus.PAUSED)


class WorkflowRow(Task):
    """A workflow as a row among tasks."""


def key(row: Task) -> str:
    """What tells a row from all others: a chain has the id of its last task."""
    # No id has this character.
    return f"\0{row.task_id}" if isinstance(row, WorkflowRow) else row.task_id


def key_of_workflow(workflow_id: str) -> str:
    """The key of a workflow's row."""
    return f"\0{workflow_id}"


def urgency(task: Task) -> tuple[int, float]:
    """Sorts tasks: those that run or wait for a person first, else the newest first."""
    return 0 if task.status in FIRST else 1, -created(task)


def urgency_of_member(task: Task) -> tuple[int, float]:
    """Sorts a workflow's members: what has failed and what has yet to confirm its cancel, then as
    `urgency` does."""
    first, newest = urgency(task)
    return -1 if task.status == TaskStatus.ERROR or task.asked == "cancel" else first, newest


def created(task: Task) -> float:
    """When a task was created, in seconds since 1970; 0 where that is not known."""
    return task.created_at.timestamp() if task.created_at else 0.0


def chosen(
    rows: Mapping[str, Task], limit: int, rank: Callable[[Task], tuple[int, float]] = urgency
) -> tuple[Task, ...]:
    """The most urgent ones, in order of creation, so that rows stay where they are."""
    found = sorted(rows.values(), key=rank)[:limit]
    found.reverse()  # pages are newest first, also those of one millisecond
    return tuple(sorted(found, key=created))


def by_id(documents: Iterable[bytes]) -> dict[str, Task]:
    """The tasks of documents by their ids."""
    return {task.task_id: task for task in map(task_json.decode, documents)}
