"""Commands about many tasks: a page of a list, counts, and the store's memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from ...record.list_request import Span
from ...record.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Page:
    """-> Paged: `limit` tasks from `start` on, newest first, of one combination of filters.

    `light`: a long document may come without the caller's own values, as in `responses.row`.
    """

    start: int
    limit: int
    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    #: Only this workflow's members, with no filter but a status; the counts are then of these.
    workflow: str | None = None
    light: bool = False
    #: Only tasks with this kind of remark, with no other filter.
    remark: str | None = None
    #: Only this owner's tasks, with no filter but a status; the counts are then of these.
    owner: str | None = None
    #: Only tasks that were created in this span.
    created: Span | None = None

    @property
    def filters(self) -> Filters:
        """What passes into the list."""
        chosen = (self.status, self.task_type, self.symbol)
        return Filters(*chosen, self.workflow, self.remark, self.owner)


class Paged(NamedTuple):
    """A page; `counts` are over all tasks, one for each status in the order of `model.STATUSES`."""

    total: int
    counts: tuple[int, ...]
    rows: tuple[tuple[str, bytes | None], ...]


class Filters(NamedTuple):
    """A combination of a list's filters; None filters nothing."""

    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    workflow: str | None = None
    remark: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """-> Tallied: how many tasks pass the filters, and how many of all tasks have each status."""

    filters: Filters


class Tallied(NamedTuple):
    """Counts as in `Paged`."""

    total: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """-> list[tuple[int, str]]: creation times (µs), up to `until_us`, and ids; newest first."""

    until_us: float
    limit: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class NewestIds:
    """-> list[str]: `limit` of the ids of the tasks that pass the filters, from `start` on, newest
    first. Of several partitions each gives its part of so many."""

    start: int
    limit: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class Above:
    """-> int: how many tasks that pass the filters were created after a time."""

    after_us: int
    filters: Filters


#: Tasks of a list by the time of their end, over several partitions.
FIRST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Before:
    """-> list[int | None]: for each task that waits, how many of its type were created before it
    and have not begun either, without those that are not to begin yet (planned ones, and ones with
    an `eta`); None for a task that does not wait any more."""

    tasks: tuple[Waiting, ...]
    #: Whether the tasks are of this partition.
    own: bool = True


@dataclass(frozen=True, slots=True)
class Count:
    """-> Counted: the store's counts, with the records created since a time."""

    since_ms: int


class Counted(NamedTuple):
    """The store's counts: all records, running ones, those created since a time, and Redis's
    memory."""

    records: int
    active: int
    recent: int
    memory_bytes: int
    #: This library's keys that have another Redis type than they should, each with its type.
    wrong_keys: tuple[tuple[str, str], ...] = ()
    #: The reason that Redis gives for refusing writes; "" if it takes them.
    no_writes: str = ""
    #: Redis's maxmemory-policy where that deletes keys; "" if it deletes none.
    evicts: str = ""

    @property
    def eviction(self) -> str:
        """What a policy that deletes keys means, and what to do; "" without one."""
        if not self.evicts:
            return ""
        return (
            f"Redis deletes records when its memory is full, since maxmemory-policy is "
            f"{self.evicts}; set it to noeviction"
        )
