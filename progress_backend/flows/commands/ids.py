"""Commands about the order of all tasks' ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Beginning:
    """-> Begun: `limit` of the tasks whose ids begin so, from `start` on, in the order of their
    ids. Over several partitions no more than the first `FIRST` are in the list."""

    prefix: str
    start: int
    limit: int


class Begun(NamedTuple):
    """How many ids begin so, and those of a page."""

    total: int
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindIds:
    """-> int: has tasks listed by their ids that an older version has made: about `limit` of those
    created up to a time that no call has found yet; how many, in the partition with most."""

    until_us: int
    limit: int
