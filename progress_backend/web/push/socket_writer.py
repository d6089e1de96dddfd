"""The writer of one WebSocket or event stream: a client that keeps up gets each update, a slow one
the newest of each task."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import WebSocket, WebSocketDisconnect
from starlette.types import Scope

from ...live.heartbeat import Heartbeat
from ...live.receivers import DeliveryCounts
from ...live.update import Update, text_frame
from ..request_token import subprotocol
from . import closes

#: The name in a scope's `extensions` by which this package's server passes its WebSocket connection
#: to the application.
EXTENSION: Final = "progress_backend.frames"

#: What a text that waits takes the place of: a str of an update, which is counted; a tuple or None
#: of another message.
Key = str | tuple[str, ...] | None
#: The key of heartbeats.
HEARTBEAT: Final = None
#: Exceptions of a send to a client that has disconnected, from the server or Starlette.
_GONE = (OSError, WebSocketDisconnect, RuntimeError)


class SocketWriter:
    """The writer of one client. `put`, `send_text`, `send_heartbeat` and `close` never wait: data
    that cannot be written at once is sent by a task of its own, which lives only as long as there
    is data."""

    __slots__ = (
        "_counts", "_end", "_send", "_sending", "_waiting", "_write", "begun", "characters",
        "connection",
    )  # fmt: skip

    def __init__(self, scope: Scope, counts: DeliveryCounts) -> None:
        self._counts = counts
        #: The newest text of each key, in the order in which they are sent.
        self._waiting: dict[Key, str] = {}
        #: The length of all that wait.
        self.characters = 0
        self._end: tuple[int, str] | None = None
        #: Whether `accept` was called: a client that reads the list once the socket is open has
        #: missed nothing that was before.
        self.begun = False
        self._send: Callable[[Any], Awaitable[None]] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._write: Callable[[bytes], None] | None = None
        #: The socket's `FrameConnection` (its module needs this package's uvicorn); None under
        #: another server.
        offered = scope.get("extensions", {}).get(EXTENSION)
        self.connection: Any = offered and offered["connection"]

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def closes(self) -> bool:
        """Whether the socket is closed, or will be."""
        return self._end is not None

    async def accept(self, websocket: WebSocket) -> None:
        """Accepts the socket; what comes meanwhile is sent afterwards."""
        self.begun = True
        await websocket.accept(subprotocol(websocket.scope))
        if self.connection is not None:
            self.connection.watch_room(self._look)
        self.open(self.connection.send if self.connection else websocket.send)

    def open(self, send: Callable[[Any], Awaitable[None]]) -> None:
        """Sends what waits, and what comes from now on."""
        self._send = send
        self._look()
        self._send_soon()

    def put(self, update: Update) -> None:
        """Sends the update, or keeps it, in place of its task's older one, until there is room."""
        # A local variable: an update goes to thousands of sockets, and each attribute access costs
        # memory reads.
        write = self._write
        if write is not None:
            try:
                write(update.frame)
                self._counts.delivered += 1
            except RuntimeError:  # closed; the disconnect follows in a moment
                self._write = None
        elif update.message is not None:
            self._keep(update.task_id, update.message)

    def send_text(self, key: Key, text: str, frame: bytes = b"") -> None:
        """Sends a text, or keeps it, in place of an older one of the same key, until there is room.
        `frame`: the text as a frame, where it is at hand."""
        if self._write is None:
            self._keep(key, text)
            return
        with contextlib.suppress(RuntimeError):  # as above
            self._write(frame or text_frame(text.encode()))
        if isinstance(key, str):
            self._counts.delivered += 1

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Sends a heartbeat, or keeps the newest until there is room."""
        self.send_text(HEARTBEAT, heartbeat.message, heartbeat.frame)

    def close(self, code: int, reason: str) -> None:
        """Ends the socket or stream after all that waits is sent; what comes later is not."""
        if self._end is None:
            self._end = (code, closes.reason_of(reason))
            self._send_soon()

    def discard(self, key: Key) -> bool:
        """Does not send what waits with this key; whether there was something."""
        text = self._waiting.pop(key, None)
        self.characters -= len(text or "")
        return text is not None

    def clear(self) -> None:
        """Sends nothing of what waits but a heartbeat."""
        for key in tuple(self._waiting):
            if key is not HEARTBEAT and self.discard(key) and isinstance(key, str):
                self._counts.dropped += 1

    def expire(self) -> None:
        """Ends the socket or stream at once, since its token does not count any more."""
        self.clear()
        self.close(closes.UNAUTHORIZED, closes.OVER)

    async def drained(self) -> None:
        """Waits until all that there was to send is sent, or the client is gone."""
        if self._sending is not None:
            await asyncio.wait([self._sending])

    def cancel(self) -> None:
        """Stops sending, since the client has disconnected."""
        self._write = None
        if self._sending is not None:
            self._sending.cancel()

    def _keep(self, key: Key, text: str) -> None:
        if self._end is not None:
            return
        if (older := self._waiting.get(key)) is not None and isinstance(key, str):
            self._counts.dropped += 1
        # In the older one's place: a task with many updates keeps no other waiting.
        self._waiting[key] = text
        self.characters += len(text) - len(older or "")
        self._send_soon()

    def _look(self) -> None:
        """Sets `_write` if updates may be written at once: none waits, and the client keeps up."""
        connection = self.connection if self._sending is None else None
        self._write = None if connection is None else connection.writes

    def _send_soon(self) -> None:
        if self._send and self._sending is None and (self._waiting or self._end):
            self._sending = asyncio.create_task(self._send_all(self._send))
            self._look()

    async def _send_all(self, send: Callable[[Any], Awaitable[None]]) -> None:
        with contextlib.suppress(*_GONE):
            while self._waiting or self._end:
                if self.connection is not None:
                    await self.connection.drained()
                if self._waiting:
                    key = next(iter(self._waiting))
                    text = self._waiting[key]
                    self.discard(key)
                    await send(self.message(text))
                    if isinstance(key, str):
                        self._counts.delivered += 1
                elif self._end is not None:
                    code, reason = self._end
                    await send(self.end_message(code, reason))
                    return
            self._sending = None
            self._look()

    def message(self, text: str) -> dict[str, Any]:
        """A text as ASGI has it."""
        return {"type": "websocket.send", "text": text}

    def end_message(self, code: int, reason: str) -> dict[str, Any]:
        """The end as ASGI has it."""
        return {"type": "websocket.close", "code": code, "reason": reason}
