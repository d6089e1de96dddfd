"""The audit log: one line for each request that creates, changes or cancels, and each response with
a stack, on a logger of its own, with who sent it, from where, when, what it asked for and why. No
header is in it, so no token is."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from typing import Any, Final

from starlette.types import Message, Scope, Send

from ..record.model import rendered
from ..record.traces import trace_id_of
from .callers import caller_of
from .limits import client_of
from .rights import Action, Resource
from .state import Api, api_in

logger = logging.getLogger("progress_backend.audit")

#: Key in a scope of what its route has to say.
_NOTES: Final = "progress_backend.audit"
_FAILED: Final = 500
_LEFT_OUT: Final = (401, 429)
_FORBIDDEN: Final = 403
#: Characters that could forge a line or move a terminal's cursor, besides those that JSON escapes.
_CONTROLS: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: Most characters of an id in a line: a path may have thousands.
MOST_OF_ID: Final = 255


def note(scope: Scope, **about: Any) -> None:
    """Adds to the line of a request; None adds nothing."""
    known = scope.setdefault(_NOTES, {})
    known.update((name, value) for name, value in about.items() if value is not None)


def note_act(scope: Scope, api: Api, who: str, why: str | None, **about: Any) -> None:
    """Adds who asks for an act and why, the reason as it is recorded; what is False is left out."""
    reason = None if why is None else api.flows.redaction.value("reason", why)
    more = {name: None if value is False else value for name, value in about.items()}
    note(scope, who=who, why=reason, **more)


class Audited:
    """One request that changes something: its line is written as its answer begins."""

    def __init__(self, scope: Scope, send: Send, action: Action, resource: Resource) -> None:
        self._scope = scope
        self._send = send
        self._about = (action, resource)
        self._written = False

    async def send(self, message: Message) -> None:
        """Sends on, and looks at the status."""
        if message["type"] == "http.response.start":
            self._write(message["status"])
        await self._send(message)

    def end(self) -> None:
        """Writes the line of a request that has failed without an answer so far."""
        if not self._written:
            self._write(_FAILED)

    def _write(self, status: int) -> None:
        self._written = True
        write_line(self._scope, *self._about, status)


def write_line(scope: Scope, action: Action, resource: Resource, status: int) -> None:
    """Writes a line. Whoever was refused unknown has done nothing, and what came too often is in
    the metrics: lines of it could fill a disk. Nor can those of what a known caller may not do."""
    name = caller_of(scope).name
    left_out = status in _LEFT_OUT or (status == _FORBIDDEN and not name)
    if left_out or not logger.isEnabledFor(logging.INFO):
        return
    api = api_in(scope)
    task_id = resource.id
    if task_id is not None and len(task_id) > MOST_OF_ID:
        task_id = f"{task_id[: MOST_OF_ID - 1]}…"
    line = {
        "at": rendered(datetime.now(api.zone)),
        "what": action,
        "kind": "task" if resource.kind == "tasks" else resource.kind,
        "id": task_id,
        "who": name or "api",
        "address": _address(scope),
        **scope.get(_NOTES, {}),
        "answer": status,
    }
    if (trace_id := _trace_id(scope)) is not None:
        line["trace_id"] = trace_id
    if status == _FORBIDDEN and not api.limits.writes_refused_line(client_of(scope) or name):
        return
    text = json.dumps(line, ensure_ascii=False, default=str)
    text = _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    logger.info("%s", text, extra={"audit": line})


def _address(scope: Scope) -> str | None:
    """The client's address, of trusted proxies' clients theirs; None on a Unix socket."""
    client = scope.get("client")
    return client[0] if client else None


def _trace_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return trace_id_of(value.decode("latin-1"))
    return None
