"""A record that is open again because its task's message was delivered again."""

from __future__ import annotations

from ..model import Task, replace


def reopened(task: Task) -> Task:
    """The task without its end, and without a time until which its message may come again."""
    ended = task.completed_at, task.error_message, task.error_cause, task.again_until
    if ended == (None, None, None, None):
        return task
    return replace(task, completed_at=None, error_message=None, error_cause=None, again_until=None)
