"""What a commit writes, with its parts, and its reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..record.act import Act
from .index_entry import Facets, StoredFacets
from .keys import Keys


class Given(NamedTuple):
    """The keys and arguments of a script or part: those with names in its header, and those that
    follow."""

    keys: Mapping[str, str]
    args: Mapping[str, Any]
    more_keys: Sequence[str] = ()
    more: Sequence[Any] = ()


class Part(NamedTuple):
    """A part of a commit: what it writes for a feature besides the record, after SET and before
    PUBLISH."""

    #: The file in `scripts/parts/` that has its Lua.
    lua: str
    #: Its keys and arguments, under the key names of the task's partition.
    given: Callable[[Keys], Given]
    #: Parts of several first records run once for all if this is equal; None: the part runs for
    #: each record.
    shared: object = None


class Commit(NamedTuple):
    """What a commit writes: SET with a TTL, move in the indexes and PUBLISH, in one script."""

    task_id: str
    #: Digest of the document that the caller supposes to be stored; "" for none.
    expected: str
    document: bytes
    before: StoredFacets
    after: Facets
    ttl_ms: int
    #: Time (ms) from which cleanup may delete the record; None keeps the stored time.
    due_ms: int | None
    #: Whether the record's creation time in lists is now.
    fresh: bool = False
    #: Time (ms) at which the task ended; None if it has not.
    end_ms: int | None = None
    parts: tuple[Part, ...] = ()
    #: For each of its workflows, the id of the last request that the record has applied, or "".
    acts: tuple[str, ...] = ()


class Committed(NamedTuple):
    """`done`, or the document and facets that are stored instead of those that the caller
    supposed."""

    done: bool
    document: bytes | None = None
    facets: StoredFacets = None
    #: Requests for the member's workflows that the record has not applied: the commit was refused
    #: only because of them.
    acts: tuple[tuple[str, Act], ...] = ()
    #: Parts that the Redis user may not run: the commit is done without them.
    left_out: tuple[str, ...] = ()
