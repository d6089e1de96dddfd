"""The times of a commit as its script takes them."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c


def times_of(commit: c.Commit) -> tuple[Any, ...]:
    """The times of a commit as its script takes them."""
    task_type = commit.after.task_type
    return tuple(part for took in commit.took for part in (took.kind, task_type, took.us))
