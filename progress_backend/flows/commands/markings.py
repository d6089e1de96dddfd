"""Commands about the markings that workers store for processes which publish tasks by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class LeaveMarkings:
    """-> None: stores the markings (`@progress_task` options) of tasks by task name, for processes
    that publish by name; `most` bounds the markings of all workers together."""

    markings: tuple[tuple[str, str], ...]
    most: int
    ttl_ms: int = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class MarkingOf:
    """-> Marked: the marking that a worker has stored for a task name."""

    name: str


class Marked(NamedTuple):
    """A task's marking, if a worker has stored it, and whether any marking is stored."""

    text: bytes | None
    others: bool
