"""What is asked of a list of tasks, by HTTP, a service or the terminal, checked once here; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from ..errors import InvalidEvent
from .caller_events import name_fits, paging
from .model import ENDED, KINDS, MAX_ID, MAX_OWNER, STATUSES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: Fewest characters of an id's beginning by which tasks are looked for.
SHORTEST_ID: Final = 6
#: Above every creation time, in µs since 1970.
LATEST_US: Final = 2**52


class Span(NamedTuple):
    """From a creation time on and before another, in µs since 1970."""

    from_us: int = 0
    before_us: int = LATEST_US

    def holds(self, created_us: float) -> bool:
        """Whether a task with this creation time is in the span."""
        return self.from_us <= created_us < self.before_us


#: The orders of a list: by creation, the newest first; running tasks before the others; and by end,
#: the last first.
NEWEST, RUNNING, BY_END = SORTS = ("newest", "running", "ended")
#: All times.
EVER: Final = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """Filters of tasks, which all have to match, and a page.

    Attributes:
        created_from: only tasks created then or later; a datetime, or an ISO 8601 text with an
            offset.
        created_to: only tasks created before that.
        cursor: that of the answer before, where tasks are looked at.
        sort: one of `SORTS`.
    """

    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    owner: str | None = None
    workflow_id: str | None = None
    remark: str | None = None
    top: bool = False
    id_prefix: str | None = None
    created_from: str | datetime | None = None
    created_to: str | datetime | None = None
    page: int = 1
    limit: int = 20
    cursor: str | None = None
    sort: str = NEWEST

    @property
    def looks(self) -> bool:
        """Whether tasks are looked at one by one, since there is no index of these filters."""
        if self.owner is None or self.id_prefix is not None:
            return False
        return any(other is not None for other in (self.task_type, self.symbol, self.remark))

    @property
    def span(self) -> Span | None:
        """Between which creation times the tasks are; None: of any time.

        Raises:
            InvalidEvent: one of them is no time.
        """
        if self.created_from is None and self.created_to is None:
            return None
        begin = _microseconds("created_from", self.created_from, EVER.from_us)
        return Span(begin, _microseconds("created_to", self.created_to, EVER.before_us))

    def check(self) -> None:
        """Checks each value, and that they go together.

        Raises:
            InvalidEvent: a value is out of bounds, or two of them do not go together.
        """
        if self.status is not None and self.status not in STATUSES:
            raise InvalidEvent(f"status must be one of {', '.join(STATUSES)}, not {self.status!r}")
        paging(self.page, self.limit)
        for name, most in (("task_type", 255), ("symbol", 255), ("owner", MAX_OWNER)):
            if (value := getattr(self, name)) is not None:
                name_fits(name, value, most)
        for name in ("workflow_id", "id_prefix"):
            if (value := getattr(self, name)) is not None:
                name_fits(name, value, MAX_ID)
        if self.id_prefix is not None and len(self.id_prefix) < SHORTEST_ID:
            raise InvalidEvent(f"id_prefix must have {SHORTEST_ID} characters at least")
        if self.remark is not None and self.remark not in KINDS:
            raise InvalidEvent(f"remark must be one of {', '.join(KINDS)}, not {self.remark!r}")
        if self.sort not in SORTS:
            raise InvalidEvent(f"sort must be one of {', '.join(SORTS)}, not {self.sort!r}")
        if not isinstance(self.top, bool):
            raise InvalidEvent(f"top must be true or false, not {self.top!r}")
        _ = self.span
        self.check_together()

    def check_together(self) -> None:
        """Checks that values go together of which each is in its bounds.

        Raises:
            InvalidEvent: they do not.
        """
        if self.workflow_id is not None and self._any("task_type", "symbol", "owner", "id_prefix"):
            # Members are indexed by their status alone.
            raise InvalidEvent(
                "workflow_id goes with status alone: leave out task_type, symbol, owner and "
                "id_prefix, or workflow_id"
            )
        if self.top and self._any(
            *("status", "task_type", "symbol", "owner", "workflow_id", "remark", "id_prefix"),
            *("created_from", "created_to"),
        ):
            # A workflow has no type and no symbol, and its status is computed as it is read.
            raise InvalidEvent(
                "top goes without filters: leave out status, task_type, symbol, owner, "
                "workflow_id, remark, id_prefix, created_from and created_to, or top"
            )
        self._check_sort()
        if self.looks and self.page != 1:
            raise InvalidEvent(
                "owner with task_type, symbol or remark goes on by cursor, not by page"
            )
        if self.cursor is not None and not self.looks:
            raise InvalidEvent("cursor goes with owner and one of task_type, symbol and remark")
        # An owner and a type may be those that the caller's token names.
        others = ("status", "symbol", "remark", "created_from", "created_to")
        if self.id_prefix is not None and self._any(*others):
            raise InvalidEvent(f"id_prefix goes without {', '.join(others)}")
        if self.owner is not None:
            return
        if self.remark is not None and self._any("status", "symbol", "task_type", "workflow_id"):
            raise InvalidEvent("remark goes with no other filter but owner")

    def _check_sort(self) -> None:
        if self.sort == NEWEST:
            return
        unsorted = ("remark", "id_prefix", "created_from", "created_to", "cursor")
        if self._any(*unsorted) or self.top or self.looks:
            raise InvalidEvent(
                f"sort={self.sort} goes without top, remark, id_prefix, created_from, created_to "
                "and cursor, and with an owner only without task_type and symbol"
            )
        if self.sort == RUNNING and self.status is not None:
            raise InvalidEvent("sort=running goes without status: tasks of one status are sorted")
        if self.sort == BY_END and (
            self.status not in ENDED or self._any("task_type", "symbol", "owner", "workflow_id")
        ):
            raise InvalidEvent(
                "sort=ended goes with status=completed, error or cancelled, and no other filter"
            )

    def _any(self, *names: str) -> bool:
        return any(getattr(self, name) is not None for name in names)


def _microseconds(name: str, given: str | datetime | None, otherwise: int) -> int:
    if given is None:
        return otherwise
    # Whoever does not quote a query's plus sign has sent a space.
    texts = (given, "+".join(given.rsplit(" ", 1))) if isinstance(given, str) else ()
    for time in (given,) if isinstance(given, datetime) else texts:
        try:
            moment = datetime.fromisoformat(time) if isinstance(time, str) else time
            return min(max((moment - _EPOCH) // _MICROSECOND, EVER.from_us), EVER.before_us)
        except (ValueError, TypeError, OverflowError):  # no time, or one without an offset
            continue
    raise InvalidEvent(
        f"{name} must be a time with an offset, such as 2026-01-15T09:00:00+09:00, not {given!r}"
    )
