"""Commands about many tasks: a page of a list, counts, and the store's memory."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from ...record.list_request import BY_END, NEWEST, RUNNING, Span
from ...record.model import ENDED, STATUSES, TaskStatus
from ...record.waiting import Waiting

_RUNNING_FIRST: Final = sorted(STATUSES, key=lambda status: status != TaskStatus.RUNNING)


class Filters(NamedTuple):
    """A combination of a list's filters; None filters nothing."""

    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    workflow: str | None = None
    warning: str | None = None
    owner: str | None = None
    #: The tasks of the status by the time of their end (ms), not by their creation.
    ended: bool = False


_ALL: Final = Filters()


@dataclass(frozen=True, slots=True)
class Page:
    """-> Paged: `limit` tasks from `start` on, of one combination of filters, in one order.

    `light`: a long document may come without the caller's own values, as in `responses.row`.
    """

    start: int
    limit: int
    #: With a workflow, a warning or an owner no other filter but a status; the counts are then of
    #: the workflow's or owner's tasks.
    filters: Filters = _ALL
    light: bool = False
    #: Only tasks that were created in this span.
    created: Span | None = None
    sort: str = NEWEST

    @property
    def groups(self) -> tuple[tuple[Filters, ...], ...]:
        """The sorted sets of the list, by their filters: those of a group are merged, and one group
        follows the other."""
        status, filters = self.filters.status, self.filters
        if self.sort == RUNNING:
            first, *others = (filters._replace(status=one) for one in _RUNNING_FIRST)
            return (first,), tuple(others)
        if self.sort == BY_END:
            return (tuple(Filters(one, ended=True) for one in ENDED if status in (None, one)),)
        return ((filters,),)

    @property
    def sets(self) -> tuple[Filters, ...]:
        """The sorted sets of all groups."""
        return tuple(chain.from_iterable(self.groups))


class Paged(NamedTuple):
    """A page; `counts` are over all tasks, one for each status in the order of `model.STATUSES`."""

    total: int
    counts: tuple[int, ...]
    rows: tuple[tuple[str, bytes | None], ...]


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
    """-> list[tuple[int, str]]: times (µs; ms of ends), up to `until`, and ids of the tasks that
    pass any of the filters, the newest first."""

    until: float
    limit: int
    filters: tuple[Filters, ...]


@dataclass(frozen=True, slots=True)
class Above:
    """-> int: how many tasks that pass any of the filters are above a time."""

    after: float
    filters: tuple[Filters, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """-> list[int | None]: for each task that waits, how many of its type were created before it
    and have not begun either, without those that are not to begin yet (planned ones, and ones with
    an `eta`); None for a task that does not wait any more."""

    tasks: tuple[Waiting, ...]
    #: Whether the tasks are of this partition.
    own: bool = True
