"""When a task ended, by which a list is in the order of ends; pure."""

from __future__ import annotations

from .model import Task


def end_ms(before: Task | None, after: Task) -> int | None:
    """The end that comes with the change from a record to the next, in ms since 1970; None: none
    comes, or the same one stood there before."""
    ended = after.completed_at
    if not after.ended or ended is None:
        return None
    if before is not None and (before.status, before.completed_at) == (after.status, ended):
        return None
    return int(ended.timestamp() * 1000)
