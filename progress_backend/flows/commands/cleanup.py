"""Commands of cleanup: the ids that are due, the deletion, and the lock that keeps it to one
process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ...operations.index_entry import Standing
from .lists import Filters


@dataclass(frozen=True, slots=True)
class Due:
    """-> list[str]: ids of the tasks that cleanup may delete, the longest due first."""

    before_ms: int
    limit: int


class Entry(NamedTuple):
    """A task to delete, with the facets that the caller read."""

    task_id: str
    facets: Standing


@dataclass(frozen=True, slots=True)
class Sweep:
    """-> int: how many of the entries were deleted: those due before `before_ms`, or without
    document."""

    entries: tuple[Entry, ...]
    before_ms: int
    #: The indexes (by their filters), or the lease, where the entries were found, whatever their
    #: facets are.
    found_in: tuple[Filters, ...] | str = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """-> bool: whether the token holds the lock, now or still, for `ttl_ms`. A lock that would last
    twice as long was taken by a clock that was set back since, and is taken over."""

    name: str
    token: str
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Unlock:
    """-> None: deletes the lock if the token holds it."""

    name: str
    token: str
