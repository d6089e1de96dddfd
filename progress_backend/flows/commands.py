"""What a flow asks of a store: frozen commands, one for each thing a store can do.

Times are milliseconds since 1970 unless a name says otherwise. A document is the record's JSON
text; facets are the text that says in which indexes a task stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# The same name twice is how typing says that it is meant for others.
from .index_entry import Facets as Facets  # noqa: PLC0414
from .index_entry import Garbled as Garbled  # noqa: PLC0414
from .index_entry import Standing as Standing  # noqa: PLC0414


@dataclass(frozen=True, slots=True)
class Read:
    """-> list[bytes | None]: what is stored for the tasks, in order; see `checked`. `light` as in
    `Page`."""

    task_ids: tuple[str, ...]
    light: bool = False


class Commit(NamedTuple):
    """-> Committed. Set, expire, move in the indexes and publish, in one act."""

    task_id: str
    #: Digest of the document that the caller believes is stored; "" if none.
    expected: str
    document: bytes
    before: Standing
    after: Facets
    ttl_ms: int
    #: From when cleanup may delete the record; None leaves it as it is.
    due_ms: int | None
    #: The record counts as created now (newest in lists).
    fresh: bool = False
    #: Items a second to remember for the type.
    rate: float | None = None


class Committed(NamedTuple):
    """`done`, or what is there instead of what the caller believed."""

    done: bool
    document: bytes | None = None
    facets: Standing = None


@dataclass(frozen=True, slots=True)
class Commits:
    """-> list[Committed], in order: each an act of its own, sent together."""

    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """-> Paged: `limit` tasks from `start` on, newest first, of one combination of filters.

    `light`: what callers gave may be left out of a long document, as `wire.row` does.
    """

    start: int
    limit: int
    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    light: bool = False


class Paged(NamedTuple):
    """`counts` are over all tasks, one a status in the order of `model.STATUSES`."""

    total: int
    counts: tuple[int, ...]
    rows: tuple[tuple[str, bytes | None], ...]


class Filters(NamedTuple):
    """A combination of filters; None lets all through."""

    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """-> Tallied: how many tasks pass the filters, and how many have each status, over all."""

    filters: Filters


class Tallied(NamedTuple):
    """As in `Paged`."""

    total: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """-> list[tuple[int, str]]: creation times (µs), up to `until_us`, and ids; newest first."""

    until_us: int
    limit: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class Above:
    """-> int: how many tasks that pass the filters were created after a time."""

    after_us: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class FacetsOf:
    """-> list[Standing], in order."""

    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """-> list[str]: ids that cleanup may delete, the longest due first."""

    before_ms: int
    limit: int


class Entry(NamedTuple):
    """A task to sweep, with the facets that the caller read."""

    task_id: str
    facets: Standing


@dataclass(frozen=True, slots=True)
class Sweep:
    """-> int: how many of the entries were deleted: due before `before_ms`, or without document."""

    entries: tuple[Entry, ...]
    before_ms: int
    #: Where they were found, an index or a lease, whatever their facets say of it.
    found_in: Filters | str | None = None


@dataclass(frozen=True, slots=True)
class RateOf:
    """-> float | None: items a second, as last seen for the type."""

    task_type: str


@dataclass(frozen=True, slots=True)
class Count:
    """-> Counted."""

    since_ms: int


class Counted(NamedTuple):
    """Records in all, running ones, those created since a time, and the store's memory."""

    records: int
    active: int
    recent: int
    memory_bytes: int
    #: Keys of ours that are of another type than they should be, and what they are instead.
    wrong_keys: tuple[tuple[str, str], ...] = ()
    #: Why the store's server takes no writes, by its own word; "" if it does.
    no_writes: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """-> bool: whether the lock is now (or again) the token's, for `ttl_ms`. One that would last
    twice as long was taken by a clock that was set back since: it holds up nobody."""

    name: str
    token: str
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Unlock:
    """-> None: gives the lock back if it is the token's."""

    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Renew:
    """-> None: the lease is alive until `until_ms`."""

    lease: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Assume:
    """-> None: leases that nobody has told of run out at `until_ms`."""

    leases: tuple[str, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class EndLease:
    """-> None: the lease is over now; its runs are there for the reaping pass to judge."""

    lease: str


@dataclass(frozen=True, slots=True)
class Leases:
    """-> list[tuple[str, int]]: lease ids that ran out before a time, and when, oldest first."""

    before_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """-> list[str]: lease ids that run out after a time."""

    after_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class Shorten:
    """-> None: leases that would run out later do so at `until_ms`."""

    leases: tuple[str, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class CountLost:
    """-> None: so many more runs were found lost."""

    runs: int


@dataclass(frozen=True, slots=True)
class LostSoFar:
    """-> int: how many runs were found lost, by any process, since the store was empty."""


@dataclass(frozen=True, slots=True)
class LeaseEnd:
    """-> int | None: when a lease runs out, asked where the task's record is; None if it is not
    known there."""

    task_id: str
    lease: str


@dataclass(frozen=True, slots=True)
class Held:
    """-> list[str]: ids of tasks that run under a lease."""

    lease: str
    limit: int


@dataclass(frozen=True, slots=True)
class Extend:
    """-> None: tasks that are alive are kept at least this long from now on."""

    task_ids: tuple[str, ...]
    ttl_ms: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class ForgetLease:
    """-> None: drops a lease that ran out before `before_ms` and holds nothing."""

    lease: str
    before_ms: int


@dataclass(frozen=True, slots=True)
class LeaveMarkings:
    """-> None: names of tasks, each with its marking, are there for those who publish; `most`
    bounds what all workers leave."""

    markings: tuple[tuple[str, str], ...]
    most: int
    ttl_ms: int = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class MarkingOf:
    """-> Marked: what a worker left of the task."""

    name: str


class Marked(NamedTuple):
    """A task's marking, if a worker left it, and whether any worker left one of any task."""

    text: bytes | None
    others: bool


Command = (
    Read | Commit | Commits | Page | FacetsOf | Due | Sweep | RateOf | Count | Lock | Unlock | Renew
    | Assume | EndLease | Leases | Ahead | Shorten | CountLost | LostSoFar | Held | ForgetLease
    | Extend | Tally | Newest | Above | LeaseEnd | LeaveMarkings | MarkingOf
)  # fmt: skip
