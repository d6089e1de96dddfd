"""The writer of one WebSocket that several watches share: of each the newest update, so that a slow
client costs no more than its watches do."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable

from fastapi import WebSocket, WebSocketDisconnect

from ...live.heartbeat import Heartbeat
from ...live.hub import Counts
from ...live.update import Update
from ..server.offered_connection import connection_of
from .socket_writer import reason_of

#: Exceptions of a send to a client that has disconnected, from the server or Starlette.
_GONE = (OSError, WebSocketDisconnect, RuntimeError)


class SharedLine:
    """One watch's part of the socket; its `Watcher` writes to it as to a socket of its own."""

    __slots__ = ("_end", "_newest", "_writer", "name")

    def __init__(self, name: str, writer: SharedWriter) -> None:
        self.name = name
        self._writer = writer
        self._newest: Update | None = None
        self._end: tuple[int, str] | None = None

    def put(self, update: Update) -> None:
        """Sends the update, or keeps it, in place of an older one, until there is room."""
        if self._newest is not None:
            self._writer.counts.dropped += 1
        self._newest = update
        self._writer.due(self)

    def close(self, code: int, reason: str) -> None:
        """Tells the client, after the last update, that no more will come."""
        if self._end is None:
            self._end = (code, reason)
            self._writer.due(self)

    def forget(self) -> None:
        """Sends nothing more."""
        self._newest = None
        self._end = None

    def take(self) -> tuple[str, int | None] | None:
        """The next message that waits, and the code if it is the last one; None without one."""
        if self._newest is not None:
            newest, self._newest = self._newest, None
            self._writer.counts.delivered += 1
            return f'{{"watch":{json.dumps(self.name)},"update":{newest.message}}}', None
        if self._end is not None:
            (code, reason), self._end = self._end, None
            said = json.dumps(reason_of(reason), ensure_ascii=False)
            return f'{{"watch":{json.dumps(self.name)},"code":{code},"reason":{said}}}', code
        return None


class SharedWriter:
    """The writer of the socket. `due` and `beat` never wait: what there is to send is sent by a
    task of its own, which lives only as long as there is something."""

    def __init__(
        self, websocket: WebSocket, counts: Counts, ended: Callable[[SharedLine, int], None]
    ) -> None:
        self.counts = counts
        #: Called with a line whose client was told its end, and the code of that.
        self._ended = ended
        self._due: dict[SharedLine, None] = {}
        self._heartbeat: Heartbeat | None = None
        self._sending: asyncio.Task[None] | None = None
        self._connection = connection_of(websocket)
        self._send = self._connection.send if self._connection else websocket.send

    def due(self, line: SharedLine) -> None:
        """Sends what a line has, in its turn."""
        self._due[line] = None
        self._send_soon()

    def beat(self, heartbeat: Heartbeat) -> None:
        """Sends a heartbeat, or the newest one once there is room."""
        self._heartbeat = heartbeat
        self._send_soon()

    async def room(self) -> None:
        """Waits until all that there was to send is sent, or the client is gone."""
        if self._sending is not None:
            await asyncio.wait([self._sending])

    def cancel(self) -> None:
        """Stops sending, since the client has disconnected."""
        if self._sending is not None:
            self._sending.cancel()

    def _send_soon(self) -> None:
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        with contextlib.suppress(*_GONE):
            while self._due or self._heartbeat:
                if self._connection is not None:
                    await self._connection.room()
                if self._heartbeat is not None:
                    heartbeat, self._heartbeat = self._heartbeat, None
                    await self._say(heartbeat.message)
                    continue
                line = next(iter(self._due))
                taken = line.take()
                if taken is None:
                    self._due.pop(line, None)
                    continue
                message, code = taken
                # Behind all others: a task that says much keeps none of them waiting.
                self._due.pop(line, None)
                self._due[line] = None
                await self._say(message)
                if code is not None:
                    self._ended(line, code)
            self._sending = None

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})
