"""An event that waits to be recorded, its values as JSON of a known size, shortened as in a record;
pure.

A job's values may be of any size, and may change before the event is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

from .events import Event, Identity
from .fields import MAX_DOCUMENT_BYTES
from .json_text import document_of, dumps, parsed
from .model import Task

E = TypeVar("E", bound=Mapping[str, Any])

#: Largest JSON of one of a record's dictionaries, and longest text in characters, where all of it
#: would be too large.
CLIPPED_BYTES: Final = 16 * 1024
CLIPPED_TEXT: Final = 2_000
#: Bytes of an event without values, with all that keeps it.
_BARE: Final = 1_000
_TEXTS: Final = ("message", "error_message")
_MAPPINGS: Final = ("results", "details")


class PackedEvent(NamedTuple):
    """An event without its values, these as JSON, and the bytes that both take, about."""

    event: Event
    values: bytes
    size: int


def clip(values: E, most: int = CLIPPED_BYTES) -> E | dict[str, Any]:
    """The values, or a note of their size in place of large ones."""
    size = len(dumps(values).encode("utf-8", "replace"))
    return values if size <= most else {"truncated": True, "bytes": size}


def packed(event: Event) -> PackedEvent:
    """The event as it is kept."""
    values: dict[str, Any] = {n: v for n in _MAPPINGS if (v := getattr(event, n, None))}
    identity: Identity | None = getattr(event, "identity", None)
    if identity is not None and identity.metadata:
        values["metadata"] = dict(identity.metadata)
    texts = {n: v for n in _TEXTS if isinstance(v := getattr(event, n, None), str)}
    document = document_of(values, *values.values())
    if len(document) + sum(map(len, texts.values())) > MAX_DOCUMENT_BYTES:
        values = {name: clip(value) for name, value in values.items()}
        document = document_of(values, *values.values())
        texts = {name: text[:CLIPPED_TEXT] for name, text in texts.items()}
    changed: dict[str, Any] = {**texts, **{n: {} for n in values if n != "metadata"}}
    if identity is not None and identity.metadata:
        changed["identity"] = identity._replace(metadata={})
    size = _BARE + len(document) + sum(map(len, texts.values()))
    size += len(getattr(event, "checkpoint", None) or "")
    size += len(getattr(event, "message", None) or "")
    size += sum(len(link.url) for link in getattr(event, "links", ()))
    kept = event.replace(**changed) if changed else event
    return PackedEvent(kept, document if values else b"{}", size)


def size_of(task: Task) -> int:
    """Bytes of the values in a record, about."""
    values = (task.results, task.processing_details, task.metadata)
    return sum(len(dumps(value)) for value in values if value) + len(task.checkpoint or "")


def unpacked(kept: PackedEvent) -> Event:
    """The event with its values."""
    event, values = kept.event, parsed(kept.values)
    metadata = values.pop("metadata", None)
    if metadata is not None:
        # Only an event with an identity is packed with metadata; mypy knows it as any event.
        values["identity"] = event.identity._replace(metadata=metadata)  # type: ignore[attr-defined]
    return event.replace(**values) if values else event
