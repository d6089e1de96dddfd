"""Commands about records: read, commit, extend the TTL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ...operations.index_entry import Facets, Standing
from ...operations.webhooks import Told
from ...record.act import Act
from ...record.past_runs import PastRun
from ...record.times_taken import Took


@dataclass(frozen=True, slots=True)
class Read:
    """-> list[bytes | None]: the values that are stored for the tasks, in order, unchecked (see
    `record.document_check`). `light` as in `Page`."""

    task_ids: tuple[str, ...]
    light: bool = False


class Commit(NamedTuple):
    """-> Committed: SET with a TTL, move in the indexes and PUBLISH, in one script."""

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


@dataclass(frozen=True, slots=True)
class Commits:
    """-> list[Committed], in order: each commit is atomic by itself, all are sent together."""

    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class FacetsOf:
    """-> list[Standing]: the facets that are stored for the tasks, in order."""

    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extend:
    """-> None: sets the TTL of the records of running tasks to at least this."""

    task_ids: tuple[str, ...]
    ttl_ms: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class RunsOf:
    """-> tuple[PastRun, ...]: the type's last successful runs, the last one last."""

    task_type: str
