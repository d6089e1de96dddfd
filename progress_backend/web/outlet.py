"""The way out to one socket: a client that keeps up gets each update, a slow one the newest."""

from __future__ import annotations

import asyncio
import contextlib

from fastapi import WebSocket, WebSocketDisconnect

from ..hub import Counts
from ..update import Update
from .frames import connection_of

#: Longest reason that a close frame can hold, in bytes.
_REASON = 123


class Outlet:
    """`tell` and `close` never wait. What cannot be written at once is sent by a task of its own,
    which lives only as long as there is something to send."""

    __slots__ = ("_connection", "_counts", "_end", "_newest", "_sending", "_websocket")

    def __init__(self, websocket: WebSocket, counts: Counts) -> None:
        self._websocket = websocket
        self._connection = connection_of(websocket)
        self._counts = counts
        self._newest: Update | None = None
        self._end: tuple[int, str] | None = None
        self._sending: asyncio.Task[None] | None = None

    def tell(self, update: Update) -> None:
        """Sends the update, or keeps it, in place of an older one, until there is room."""
        direct = self._connection if self._sending is None else None
        if direct is not None and direct.write(update.frame):
            self._counts.delivered += 1
            return
        if self._newest is not None:
            self._counts.dropped += 1
        self._newest = update
        self._send_soon()

    def close(self, code: int, reason: str) -> None:
        """Closes the socket once what was told last is sent."""
        if self._end is None:
            self._end = (code, reason_of(reason))
            self._send_soon()

    async def cancel(self) -> None:
        """Sends nothing any more: the client has gone."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])

    def _send_soon(self) -> None:
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while self._newest is not None or self._end is not None:
                if self._connection is not None:
                    await self._connection.room()
                newest, self._newest = self._newest, None
                if newest is None:
                    assert self._end is not None
                    await self._websocket.close(*self._end)
                    return
                assert newest.message is not None
                await self._websocket.send_text(newest.message)
                self._counts.delivered += 1
            self._sending = None


def reason_of(text: str) -> str:
    """As much of a text as a close frame can hold."""
    return text.encode()[:_REASON].decode(errors="ignore")
