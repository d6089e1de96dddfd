"""Commands about when tasks ended: the list by end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class LatestEnded:
    """-> EndedPage: `limit` tasks of a status in which tasks have ended, from `start` on, the one
    that ended last first. Over several partitions no more than the first `FIRST` are in the
    list."""

    status: str
    start: int = 0
    limit: int = 0


class EndedPage(NamedTuple):
    """How many tasks have ended so, and those of a page: when each ended (ms), and its id."""

    total: int
    found: tuple[tuple[int, str], ...]
