"""The dictionaries of the store in memory, for one thread at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ..flows.index_entry import Facets
from ..record.act import Act
from ..record.past_runs import PastRun
from ..record.times_taken import Totals


@dataclass(slots=True)
class WorkflowState:
    """What is stored of a workflow besides its members; times are in milliseconds."""

    created_ms: int
    changed_ms: int = 0
    started_ms: int | None = None
    ended_ms: int | None = None
    revision: int = 0
    name: str | None = None
    expected: int = 0
    #: When each was looked at, or changed, last: see `Quiet`.
    quiet_since_ms: int = 0


@dataclass(slots=True)
class OutboxState:
    """A webhook target's events, and what became of those before; times are in milliseconds."""

    #: The bodies that wait, the oldest event first.
    waiting: dict[str, bytes] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    #: The newest first.
    deliveries: list[bytes] = field(default_factory=list)


Listener = Callable[[str, bytes], None]


@dataclass(slots=True)
class MemoryState:
    """The records, by task id, and all else that Redis would hold; `clock` gives seconds since
    1970."""

    clock: Callable[[], float]
    #: The document, and the time at which it expires.
    documents: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    facets: dict[str, Facets] = field(default_factory=dict)
    #: Creation times in seconds since 1970, no two equal: the order of lists.
    created: dict[str, float] = field(default_factory=dict)
    #: When tasks ended, in milliseconds.
    ended: dict[str, int] = field(default_factory=dict)
    #: From when cleanup may delete the record, in milliseconds.
    due: dict[str, int] = field(default_factory=dict)
    #: By task_type, and until when they are kept; the types that ran last are the last ones.
    runs: dict[str, tuple[tuple[PastRun, ...], float]] = field(default_factory=dict)
    #: By the name of workflows: each one's last successful run, and until when they are kept.
    past_workflows: dict[str, tuple[dict[str, PastRun], float]] = field(default_factory=dict)
    times: Totals = field(default_factory=dict)
    #: The token that holds each lock, and until when.
    locks: dict[str, tuple[str, float]] = field(default_factory=dict)
    leases: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    workflows: dict[str, WorkflowState] = field(default_factory=dict)
    #: Outermost workflows, and their creation times as in `created`.
    outermost: dict[str, float] = field(default_factory=dict)
    #: The tokens of publishes in progress, by workflow, and until when each counts (ms).
    publishers: dict[str, dict[str, int]] = field(default_factory=dict)
    #: The newest request about each workflow; and those that are not carried out yet, by their id
    #: and the workflow's, with the time of each (ms).
    acts: dict[str, Act] = field(default_factory=dict)
    acts_waiting: dict[tuple[str, str], int] = field(default_factory=dict)
    markings: dict[str, str] = field(default_factory=dict)
    #: When the result backend is asked once more about each lost task (ms).
    asked_again: dict[str, int] = field(default_factory=dict)
    #: By webhook target; workflows in which a member has ended, and from when each is looked at
    #: (ms); and the targets that are switched off, since when (ms).
    outboxes: dict[str, OutboxState] = field(default_factory=dict)
    may_have_ended: dict[str, int] = field(default_factory=dict)
    targets_off: dict[str, int] = field(default_factory=dict)
    #: The lines of each task's log, with their numbers, the newest last.
    logs: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    #: The newest entries of each task's timeline, and how many there were before them; and by task
    #: and attempt the samples.
    timelines: dict[str, tuple[int, list[bytes]]] = field(default_factory=dict)
    samples: dict[str, dict[int, bytes]] = field(default_factory=dict)
    #: Creation time of the newest record.
    newest: float = 0.0
    listeners: list[Listener] = field(default_factory=list)

    def document(self, task_id: str) -> bytes | None:
        """A task's document, unless it has expired."""
        document, expires = self.documents.get(task_id, (None, 0.0))
        if document is not None and expires <= self.clock():
            del self.documents[task_id]
            return None
        return document
