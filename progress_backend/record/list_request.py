"""A request for a list of tasks, by HTTP, a service or the terminal, checked once here; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final

from ..errors import InvalidEvent
from .caller_events import MAX_LIMIT, given, name_fits, paging
from .local_time import EPOCH, MICROSECOND
from .model import ENDED, KINDS, MAX_ID, MAX_OWNER, STATUSES
from .sort import BY_END, NEWEST, RUNNING, SORTS, Span

#: Fewest characters of `id_prefix`.
SHORTEST_ID: Final = 6
#: Newest tasks that are searched for an id or symbol with a prefix.
AMONG: Final = 10_000
_IN_A_SPAN: Final = ("created_from", "created_to", "sort=running")
#: For each filter those below it that it can be combined with: only these have an index.
_TOGETHER: Final = {
    "status": (
        *("task_type", "symbol", "owner", "workflow_id", "warning", "created_from", "created_to"),
        *("ended_from", "sort=ended"),
    ),
    "task_type": ("symbol", *_IN_A_SPAN),
    "symbol": _IN_A_SPAN,
    "owner": _IN_A_SPAN,
    "workflow_id": _IN_A_SPAN,
    "warning": _IN_A_SPAN,
    "created_from": ("created_to", "sort=running"),
    "created_to": ("sort=running",),
    "ended_from": ("sort=ended",),
    "id_prefix": (),
    "symbol_prefix": (),
    "top": ("sort=running",),
}
#: Any two of these need no index if the caller's token has one of them: tasks are read.
_LOOKED_THROUGH: Final = {"task_type", "symbol", "owner", "warning", "id_prefix", "symbol_prefix"}
#: All times.
EVER: Final = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """Filters of tasks, which all have to match, and a page. An empty text is no filter, and a
    page has `MAX_LIMIT` rows at most.

    Attributes:
        created_from: only tasks created then or later; a datetime, or an ISO 8601 text with an
            offset.
        created_to: only tasks created before that.
        ended_from: only tasks that ended then or later, by their end: sort is then `ended`.
        cursor: the cursor of the previous response, if the total of the list is not known.
        sort: one of `SORTS`.
    """

    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    owner: str | None = None
    workflow_id: str | None = None
    warning: str | None = None
    top: bool = False
    id_prefix: str | None = None
    symbol_prefix: str | None = None
    created_from: str | datetime | None = None
    created_to: str | datetime | None = None
    ended_from: str | datetime | None = None
    page: int = 1
    limit: int = 20
    cursor: str | None = None
    sort: str = NEWEST

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = given(getattr(self, name))
            if name == "limit" and isinstance(value, int):
                value = min(value, MAX_LIMIT)
            object.__setattr__(self, name, value)
        if self.ended_from is not None and self.sort == NEWEST:
            object.__setattr__(self, "sort", BY_END)

    @property
    def by_cursor(self) -> bool:
        """Whether pages of the list have cursors, since tasks are read without an index."""
        return not self.by_prefix and bool(self._apart())

    @property
    def by_prefix(self) -> bool:
        """Whether the newest `AMONG` tasks are searched for an id or symbol with a prefix."""
        return (self.id_prefix or self.symbol_prefix) is not None

    @property
    def span(self) -> Span | None:
        """The range of the tasks' times in the list's index; None: any time.

        Raises:
            InvalidEvent: one of them is no time.
        """
        if self.ended_from is not None:
            end_us = _microseconds("ended_from", self.ended_from, EVER.since)
            return Span(-(-end_us // 1_000))  # an index of ends has milliseconds
        if self.created_from is None and self.created_to is None:
            return None
        begin = _microseconds("created_from", self.created_from, EVER.since)
        return Span(begin, _microseconds("created_to", self.created_to, EVER.before))

    def check(self) -> None:
        """Checks each value, and that they go together.

        Raises:
            InvalidEvent: a value is out of bounds, or two of them cannot be combined.
        """
        if self.status is not None and self.status not in STATUSES:
            raise InvalidEvent(f"status must be one of {', '.join(STATUSES)}, not {self.status!r}")
        paging(self.page, self.limit)
        for name in ("task_type", "symbol", "symbol_prefix", "owner"):
            if (value := getattr(self, name)) is not None:
                name_fits(name, value, MAX_OWNER if name == "owner" else 255)
        for name in ("workflow_id", "id_prefix"):
            if (value := getattr(self, name)) is not None:
                name_fits(name, value, MAX_ID)
        if self.id_prefix is not None and len(self.id_prefix) < SHORTEST_ID:
            raise InvalidEvent(f"id_prefix must have at least {SHORTEST_ID} characters")
        if self.warning is not None and self.warning not in KINDS:
            raise InvalidEvent(f"warning must be one of {', '.join(KINDS)}, not {self.warning!r}")
        if self.sort not in SORTS:
            raise InvalidEvent(f"sort must be one of {', '.join(SORTS)}, not {self.sort!r}")
        if not isinstance(self.top, bool):
            raise InvalidEvent(f"top must be true or false, not {self.top!r}")
        _ = self.span
        self.check_together()

    def check_together(self, of_token: Collection[str] = ()) -> None:
        """Checks that values which are valid by themselves go together. `of_token`: the filters of
        the caller's token, which go with others too.

        Raises:
            InvalidEvent: they do not; the message names two of them.
        """
        for one, other in self._apart():
            looked_through = {one, other} <= _LOOKED_THROUGH
            if not looked_through or (one not in of_token and other not in of_token):
                raise InvalidEvent(f"{one} and {other} cannot be combined")
        if self.sort == BY_END and self.status not in (None, *ENDED):
            raise InvalidEvent(f"status={self.status} and sort={BY_END} cannot be combined")
        if self.by_cursor and self.sort != NEWEST:
            raise InvalidEvent(f"owner and sort={self.sort} cannot be combined")
        if self.top and self.sort == RUNNING and self.page != 1:
            raise InvalidEvent(f"top and sort={RUNNING} have one page")
        if self.page != 1 if self.by_cursor else self.cursor is not None:
            raise InvalidEvent("send cursor if the total of the list is null, else page")

    def _apart(self) -> list[tuple[str, str]]:
        """The pairs of given filters for which there is no index."""
        given = [name for name in _TOGETHER if getattr(self, name) not in (None, False)]
        if self.sort != NEWEST:
            given.append(f"sort={self.sort}")
        return [pair for pair in combinations(given, 2) if pair[1] not in _TOGETHER[pair[0]]]


def _microseconds(name: str, given: str | datetime | None, otherwise: int) -> int:
    if given is None:
        return otherwise
    # An unquoted plus sign in a query arrives as a space.
    texts = (given, "+".join(given.rsplit(" ", 1))) if isinstance(given, str) else ()
    for time in (given,) if isinstance(given, datetime) else texts:
        try:
            moment = datetime.fromisoformat(time) if isinstance(time, str) else time
            return min(max((moment - EPOCH) // MICROSECOND, EVER.since), EVER.before)
        except (ValueError, TypeError, OverflowError):  # no time, or one without an offset
            continue
    raise InvalidEvent(
        f"{name} must be a time with an offset, such as 2026-01-15T09:00:00+09:00, not {given!r}"
    )
