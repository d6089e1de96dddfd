"""What the store in memory keeps: dictionaries, for one thread at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..flows.index_entry import Facets

Listener = Callable[[str, bytes], None]


@dataclass(slots=True)
class MemoryState:
    """The records, by task id; `clock` gives seconds since 1970."""

    clock: Callable[[], float]
    #: The document, and when it expires.
    documents: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    facets: dict[str, Facets] = field(default_factory=dict)
    #: Seconds since 1970, each its own: the order of lists.
    created: dict[str, float] = field(default_factory=dict)
    #: From when cleanup may delete the record, in milliseconds.
    due: dict[str, int] = field(default_factory=dict)
    #: By task_type.
    rates: dict[str, float] = field(default_factory=dict)
    #: The token that has a lock, and until when.
    locks: dict[str, tuple[str, float]] = field(default_factory=dict)
    leases: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    markings: dict[str, str] = field(default_factory=dict)
    #: When the newest record was created.
    newest: float = 0.0
    listeners: list[Listener] = field(default_factory=list)

    def document(self, task_id: str) -> bytes | None:
        """A task's document, unless it has expired."""
        document, expires = self.documents.get(task_id, (None, 0.0))
        if document is not None and expires <= self.clock():
            del self.documents[task_id]
            return None
        return document
