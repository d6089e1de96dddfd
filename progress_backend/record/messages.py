"""Messages to WebSockets and event streams, as JSON text."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from .default_texts import Locale, text
from .document import written
from .fields import Body
from .json_text import document_of, parsed
from .model import ENDED, rendered
from .responses import still_runs
from .workflow_fields import WorkflowBody

_OF_WORKFLOWS: Final = "workflow_update"
_IF_SET: Final = (
    *("estimate", "rate", "waited_ms", "may_come_again_until", "control"),
    *("warnings", "owner", "message_code", "error_code", "links"),
)


def update_message(record: Body, type_: str) -> bytes:
    """The message for a record. `type_` is "task_created" or "progress_update"."""
    message: dict[str, Any] = {
        "type": type_,
        "task_id": record.task_id,
        "status": record.status,
        "progress": record.progress,
        "message": record.current_status,
        "timestamp": record.updated_at or record.created_at,
        "revision": record.revision,
        "task_type": record.task_type,
        "symbol": record.symbol,
        "estimated_completion": record.estimated_completion,
        "processing_details": record.processing_details,
        "created_at": record.created_at,
        "final": record.final,
    }
    for name in _IF_SET:
        if (value := getattr(record, name)) not in (None, []):
            message[name] = value
    if record.status in ENDED:
        message |= {"results": record.results, "error_message": record.error_message}
        message["processing_time_ms"] = record.processing_time_ms
        if still_runs(message) and record.worker:
            message["worker"] = record.worker
    return document_of(message)  # values that were read from JSON are plain


def final_message(message: bytes, locale: Locale) -> bytes:
    """The message for an end that became final by time alone, made from the message before it."""
    body: dict[str, Any] = parsed(message)
    body["final"] = True
    if body["type"] != _OF_WORKFLOWS:
        failed = text(locale, "failed")
        body |= {"message": str(failed), "message_code": failed.code}
    return document_of(body)


def workflow_message(body: WorkflowBody) -> bytes:
    """The message for a workflow: its body, with a type."""
    return b'{"type":"%b",' % _OF_WORKFLOWS.encode() + written(body)[1:]


def heartbeat_message(now: datetime) -> bytes:
    """The message to a client with heartbeats: this process receives updates."""
    return document_of({"type": "heartbeat", "timestamp": rendered(now)})


def stale_message(since: datetime) -> bytes:
    """The message to a client with heartbeats: since when this process receives no updates."""
    return document_of({"type": "stale", "since": rendered(since)})


def reload_message() -> bytes:
    """The message to a client with heartbeats: it missed updates and has to read the list again."""
    return document_of({"type": "reload"})
