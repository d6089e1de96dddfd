"""The writer of one WebSocket: a client that keeps up gets each update, a slow one the newest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from fastapi import WebSocket, WebSocketDisconnect

from ...live.heartbeat import Heartbeat
from ...live.hub import Counts
from ...live.update import Update
from ..server.offered_connection import connection_of

#: Longest reason that a close frame can hold, in bytes.
_REASON = 123
#: Exceptions of a send to a client that has disconnected, from the server or Starlette.
_GONE = (OSError, WebSocketDisconnect, RuntimeError)


class SocketWriter:
    """The writer of one WebSocket. `put` and `close` never wait: data that cannot be written at
    once is sent by a task of its own, which lives only as long as there is data."""

    __slots__ = (
        "_connection", "_counts", "_end", "_heartbeat", "_newest", "_send", "_sending", "_write"
    )  # fmt: skip

    def __init__(self, websocket: WebSocket, counts: Counts) -> None:
        self._counts = counts
        self._newest: Update | None = None
        self._heartbeat: Heartbeat | None = None
        self._end: tuple[int, str] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._write: Callable[[bytes], None] | None = None
        self._connection = connection_of(websocket)
        self._send = self._connection.send if self._connection else websocket.send
        if self._connection is not None:
            self._connection.watch_room(self._look)
        self._look()

    def put(self, update: Update) -> None:
        """Sends the update, or keeps it, in place of an older one, until there is room."""
        # A local variable: an update goes to thousands of sockets, and each attribute access costs
        # memory reads.
        write = self._write
        if write is not None:
            try:
                write(update.frame)
                self._counts.delivered += 1
            except RuntimeError:  # closed; the disconnect follows in a moment
                self._write = None
            return
        if self._newest is not None:
            self._counts.dropped += 1
        self._newest = update
        self._send_soon()

    def beat(self, heartbeat: Heartbeat) -> None:
        """Sends a heartbeat, or keeps the newest until there is room."""
        if self._write is not None:
            with contextlib.suppress(RuntimeError):
                self._write(heartbeat.frame)
            return
        self._heartbeat = heartbeat
        self._send_soon()

    def close(self, code: int, reason: str) -> None:
        """Closes the socket after the last update is sent."""
        if self._end is None:
            self._end = (code, reason_of(reason))
            self._send_soon()

    def cancel(self) -> None:
        """Stops sending, since the client has disconnected."""
        self._write = None
        if self._sending is not None:
            self._sending.cancel()

    def _look(self) -> None:
        """Sets `_write` if updates may be written at once: none waits, and the client keeps up."""
        connection = self._connection if self._sending is None else None
        self._write = None if connection is None else connection.writes

    def _send_soon(self) -> None:
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())
            self._look()

    async def _send_all(self) -> None:
        with contextlib.suppress(*_GONE):
            while self._newest or self._end or self._heartbeat:
                if self._connection is not None:
                    await self._connection.room()
                if self._newest is not None:
                    newest, self._newest = self._newest, None
                    assert newest.message is not None
                    await self._send({"type": "websocket.send", "text": newest.message})
                    self._counts.delivered += 1
                elif self._end is not None:
                    code, reason = self._end
                    await self._send({"type": "websocket.close", "code": code, "reason": reason})
                    return
                elif self._heartbeat is not None:
                    heartbeat, self._heartbeat = self._heartbeat, None
                    await self._send({"type": "websocket.send", "text": heartbeat.message})
            self._sending = None
            self._look()


def reason_of(text: str) -> str:
    """A text cut to the length that a close frame can hold."""
    return text.encode()[:_REASON].decode(errors="ignore")
