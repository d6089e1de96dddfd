"""One message to people by Apprise: mail, chats and all else that it has URLs for."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import apprise

from ..record.webhook_target import Target
from .answer import TIMEOUT_S, Answer

_TYPES: Final = {
    "completed": apprise.NotifyType.SUCCESS,
    "error": apprise.NotifyType.FAILURE,
}


def notify(target: Target, event_id: str, body: bytes) -> Answer:
    """Sends a message about an event once; what came of it."""
    began = time.monotonic()
    sender = apprise.Apprise()
    error = None
    if not sender.add(target.url):
        error = "Apprise cannot use this URL"
    else:
        title, text, kind = message(json.loads(body))
        told = _TYPES.get(kind, apprise.NotifyType.INFO)
        if not sender.notify(body=text, title=title, notify_type=told, timeout=TIMEOUT_S):
            error = "Apprise could not deliver the message; its own log lines say why"
    return Answer(None, error, int((time.monotonic() - began) * 1000))


def message(event: dict[str, Any]) -> tuple[str, str, str]:
    """The title and the text of a message about an event, and the event's kind."""
    data, kind = event["data"], str(event["type"]).rpartition(".")[2]
    named = (data.get("task_type"), data.get("symbol"), data.get("name"))
    title = " ".join(str(one) for one in named if one) or "progress-backend"
    said = data.get("error_message") or data.get("current_status") or data.get("message")
    return f"{title}: {kind}", f"{said or kind}\n{event['subject']}", kind
