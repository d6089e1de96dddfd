"""The timeline's part of a commit."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...operations.keys import Keys
from ...record import room


def remembered(commit: c.Commit, keys: Keys) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The keys and arguments of a commit's script that are about the task's timeline."""
    if not commit.entries:
        return (), ()
    return (keys.timeline(commit.task_id),), (room.TIMELINE, room.AROUND, *commit.entries)
