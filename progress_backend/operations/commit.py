"""What a commit writes, and its reply."""

from __future__ import annotations

from typing import NamedTuple

from ..record.act import Act
from .index_entry import Facets, Standing
from .part import Part


class Commit(NamedTuple):
    """What a commit writes: SET with a TTL, move in the indexes and PUBLISH, in one script."""

    task_id: str
    #: Digest of the document that the caller supposes to be stored; "" for none.
    expected: str
    document: bytes
    before: Standing
    after: Facets
    ttl_ms: int
    #: From when cleanup may delete the record; None leaves it as it is.
    due_ms: int | None
    #: The record's creation time in lists is now.
    fresh: bool = False
    #: When the task ended, if it has.
    end_ms: int | None = None
    parts: tuple[Part, ...] = ()
    #: The ids of the requests about its workflows that the record has followed, in their order.
    acts: tuple[str, ...] = ()


class Committed(NamedTuple):
    """`done`, or the document and facets that are stored instead of those that the caller
    supposed."""

    done: bool
    document: bytes | None = None
    facets: Standing = None
    #: Requests about the member's workflows that the record has not followed: only these prevented
    #: the commit.
    acts: tuple[tuple[str, Act], ...] = ()
    #: Parts that the store's user may not run: the commit is done without them.
    left_out: tuple[str, ...] = ()
