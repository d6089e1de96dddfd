"""What a commit writes, and what its scripts take."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from ..record import room
from ..record.act import Act
from ..record.fields import MAX_DOCUMENT_BYTES
from ..record.past_runs import PastRun
from ..record.times_taken import MOST_TOTALS, Took
from .index_entry import Facets, Standing, write_facets
from .keys import Keys
from .standing import by_end, indexes
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


def compared(
    commit: Commit, keys: Keys, leaves: int, enters: int, told: int, entries: int
) -> tuple[Any, ...]:
    """The arguments of a script that compares what is stored before it commits."""
    return (
        commit.task_id,
        commit.expected,
        write_facets(commit.before),
        commit.document,
        write_facets(commit.after),
        commit.ttl_ms,
        "" if commit.due_ms is None else commit.due_ms,
        keys.channel(commit.task_id),
        leaves,
        enters,
        int(commit.fresh),
        "" if commit.run is None else commit.run.text,
        publish(keys),
        MAX_DOCUMENT_BYTES,
        2 * MOST_TOTALS,
        told,
        entries,
        "" if commit.end_ms is None else commit.end_ms,
    )


def publish(keys: Keys) -> str:
    """The command by which a script publishes."""
    return "SPUBLISH" if keys.sharded else "PUBLISH"


def times_of(commit: Commit) -> tuple[Any, ...]:
    """The times of a commit as its script takes them."""
    task_type = commit.after.task_type
    return tuple(part for took in commit.took for part in (took.kind, task_type, took.us))


def remembered(commit: Commit, keys: Keys) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The keys and arguments of a commit's script that are about the task's timeline."""
    if not commit.entries:
        return (), ()
    return (keys.timeline(commit.task_id),), (room.TIMELINE, room.AROUND, *commit.entries)


@lru_cache(maxsize=4_096)
def moved(
    before: Standing, after: Facets, fresh: bool, keys: Keys
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The indexes that a task leaves and enters; a fresh one enters all, as the newest."""
    if before == after and not fresh:
        return (), ()
    old, new = indexes(before, keys) if before is not None else (), indexes(after, keys)
    leave = tuple(name for name in old if name not in new)
    leave += tuple(name for name in by_end(before, keys) if name not in by_end(after, keys))
    return leave, new if fresh else tuple(name for name in new if name not in old)
