"""What a commit writes, and what its scripts take."""

from __future__ import annotations

from typing import NamedTuple

from ..record.act import Act
from ..record.past_runs import PastRun
from ..record.times_taken import Took
from .index_entry import Facets, Standing
from .keys import Keys
from .webhooks import Told


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
    #: A run to keep for the type.
    run: PastRun | None = None
    #: Of a workflow's member: when it first began and ended, in milliseconds.
    started_ms: int | None = None
    ended_ms: int | None = None
    #: The name of the last of the member's workflows, None leaves it as it is.
    workflow_name: str | None = None
    #: How many members the last of these is expected to have, None leaves it as it is.
    workflow_total: int | None = None
    #: The ids of the requests about its workflows that the record has followed, in their order.
    acts: tuple[str, ...] = ()
    #: Times that count in the totals of the type.
    took: tuple[Took, ...] = ()
    #: Events for webhooks, which are stored in the same act; None: none, as without targets.
    told: Told | None = None
    #: Entries of the task's timeline, which are stored in the same act, if the user may do so.
    entries: tuple[bytes, ...] = ()
    #: When the task ended, in milliseconds, where that is new.
    end_ms: int | None = None


class Committed(NamedTuple):
    """`done`, or the document and facets that are stored instead of those that the caller
    supposed."""

    done: bool
    document: bytes | None = None
    facets: Standing = None
    #: Requests about the member's workflows that the record has not followed: only these prevented
    #: the commit.
    acts: tuple[tuple[str, Act], ...] = ()


def publish(keys: Keys) -> str:
    """The command by which a script publishes."""
    return "SPUBLISH" if keys.sharded else "PUBLISH"
