"""Messages to WebSockets and event streams, as JSON text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from .fields import SENT, SENT_AT_END, SENT_IF_SET, SENT_IF_THERE, compiled
from .json_text import document_of
from .model import ENDED, rendered

#: Names of a message (specification 2.3) that differ from those of the record.
_RENAMED: Final = {"current_status": "message", "updated_at": "timestamp"}
_message: Final = compiled(
    "type_, body",
    {"type": "type_"} | {_RENAMED.get(name, name): f"body[{name!r}]" for name in SENT},
)


def update_message(body: Mapping[str, Any], type_: str) -> bytes:
    """The message for a checked document. `type_` is "task_created" or "progress_update"."""
    message = _message(type_, body)
    if message["timestamp"] is None:
        message["timestamp"] = body["created_at"]
    for name in SENT_IF_SET:
        if body[name] is not None:
            message[name] = body[name]
    message.update((name, body[name]) for name in SENT_IF_THERE if name in body)
    if body["status"] in ENDED:
        message.update((name, body[name]) for name in SENT_AT_END)
    return document_of(message)  # values that were read from JSON are plain


def workflow_message(body: Mapping[str, Any]) -> bytes:
    """The message for a workflow: its body, with a type."""
    return document_of({"type": "workflow_update", **body})


def heartbeat_message(now: datetime) -> bytes:
    """The message to a client that asked for heartbeats that this process receives updates."""
    return document_of({"type": "heartbeat", "timestamp": rendered(now)})


def stale_message(since: datetime) -> bytes:
    """The message to a client that asked for heartbeats since when no updates are received."""
    return document_of({"type": "stale", "since": rendered(since)})


def reload_message() -> bytes:
    """The message to a client that asked for heartbeats that it missed updates and has to read the
    list again."""
    return document_of({"type": "reload"})
