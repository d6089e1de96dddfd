"""Lists of tasks: a page, and counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from typing import Any, Final, NamedTuple

from ..record.model import ENDED, STATUSES, TaskStatus
from ..record.sort import BY_END, NEWEST, RUNNING, Span
from .call import Call, Requests, everywhere, in_the_first, one
from .index_entry import Facets
from .keys import Keys
from .records import AS_IT_IS, LIGHT
from .scripts import script
from .values import texts, timed

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

    def passes(self, facets: Facets) -> bool:
        """Whether a task with these facets passes, whatever its workflows are."""
        return (
            self.status in (None, facets.status)
            and self.task_type in (None, facets.task_type)
            and self.symbol in (None, facets.symbol)
            and self.owner in (None, facets.owner)
            and (self.warning is None or self.warning in facets.warnings)
        )


_ALL: Final = Filters()


@dataclass(frozen=True, slots=True)
class Page:
    """A request for a page: `limit` tasks from `start` on, of one combination of filters, in one
    order.

    `light`: a long document may come without the caller's own values, as in `responses.row`.
    """

    start: int
    limit: int
    #: A workflow, a warning or an owner is combined with a status only; the counts are then of the
    #: workflow's or owner's tasks.
    filters: Filters = _ALL
    light: bool = False
    #: Only tasks with a time in this span, as the sets have it: of creation, or of the end.
    span: Span | None = None
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


class TaskPage(NamedTuple):
    """A page; `counts` are over all tasks, one for each status in the order of `model.STATUSES`. A
    tally has no rows."""

    total: int
    counts: tuple[int, ...]
    rows: tuple[tuple[str, bytes | None], ...] = ()


def page(asked: Page) -> Call[TaskPage]:
    """A page of one set, in one partition; `index_page` reads all others."""

    def ask(keys: Keys) -> Requests[TaskPage]:
        sets = [*(keys.index(*filters) for filters in asked.sets), *_statuses(asked.filters, keys)]
        last = asked.start + asked.limit - 1
        about = {"sets": len(sets), "start": asked.start, "stop": last, "prefix": keys.task("")}
        about |= LIGHT if asked.light else AS_IT_IS
        return one(script("page", {}, about, sets), parse)

    def parse(reply: list[Any]) -> TaskPage:
        count, counts, ids, documents = reply
        return TaskPage(count, tuple(counts), tuple(zip(texts(ids), documents, strict=True)))

    return in_the_first(ask)


def _statuses(filters: Filters, keys: Keys) -> list[str]:
    """A set for each status; their sizes are the list's summary: of all tasks, or of a workflow's
    or an owner's."""
    return [keys.index(s, workflow=filters.workflow, owner=filters.owner) for s in STATUSES]


def tally(filters: Filters) -> Call[TaskPage]:
    """How many tasks pass the filters, and how many of all tasks have each status."""

    def ask(keys: Keys) -> Requests[TaskPage]:
        names = [keys.index(*filters), *_statuses(filters, keys)]
        return Requests([("ZCARD", name) for name in names], parse)

    def parse(replies: list[Any]) -> TaskPage:
        count, *counts = (count or 0 for count in replies)
        return TaskPage(count, tuple(counts))

    return everywhere(ask)


def newest(until: float, limit: int, filters: Sequence[Filters]) -> Call[list[tuple[int, str]]]:
    """Times (µs; ms of ends), up to `until`, and ids of the tasks that pass any of the filters, the
    newest first."""

    def ask(keys: Keys) -> Requests[list[tuple[int, str]]]:
        bounds = (until, "-inf", "WITHSCORES", "LIMIT", 0, limit)
        return Requests(
            [("ZREVRANGEBYSCORE", keys.index(*each), *bounds) for each in filters],
            lambda replies: latest(map(timed, replies)),
        )

    def latest(replies: Iterable[list[tuple[int, str]]]) -> list[tuple[int, str]]:
        return sorted(chain(*replies), reverse=True)[:limit]

    return everywhere(ask, latest)


def oldest(limit: int, filters: Filters) -> Call[list[tuple[int, str]]]:
    """Times (µs) and ids of the tasks that pass the filters, the oldest first."""

    def ask(keys: Keys) -> Requests[list[tuple[int, str]]]:
        bounds = ("-inf", "+inf", "WITHSCORES", "LIMIT", 0, limit)
        return one(("ZRANGEBYSCORE", keys.index(*filters), *bounds), timed)

    return everywhere(ask, lambda replies: sorted(chain(*replies))[:limit])


def above(after: float, filters: Sequence[Filters]) -> Call[int]:
    """How many tasks that pass any of the filters are after a time; after -inf are all."""

    def ask(keys: Keys) -> Requests[int]:
        bounds = (f"({after}" if after > -inf else "-inf", "+inf")
        asked = [("ZCOUNT", keys.index(*each), *bounds) for each in filters]
        return Requests(asked, lambda replies: sum(count or 0 for count in replies))

    return everywhere(ask)
