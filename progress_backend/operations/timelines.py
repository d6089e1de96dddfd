"""What happened to a task: its timeline, which commits write."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..record import room
from .call import Asked, Call, at, one
from .keys import Keys
from .values import stored_entry


class Timeline(NamedTuple):
    """The newest entries of a task's timeline as they are stored, and how many before them were
    removed."""

    gone: int = 0
    entries: tuple[bytes, ...] = ()


def read(task_id: str) -> Call[Timeline]:
    """Reads a task's timeline."""

    def ask(keys: Keys) -> Asked[Timeline]:
        bounds = ("-", "+", "COUNT", room.TIMELINE // room.AROUND)
        return one(("XRANGE", keys.timeline(task_id), *bounds), parse)

    def parse(stored: Any) -> Timeline:
        entries = [stored_entry(each) for each in stored or ()]
        gone = int(stored[0][0].partition(b"-")[2]) if stored else 0
        return Timeline(gone, tuple(entries))

    return at(task_id, ask)
