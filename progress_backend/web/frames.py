"""uvicorn's WebSocket connection, which also takes frames that are ready to be sent.

An update goes to many sockets: as one message it would be framed, and a task woken, for each of
them. Servers without this class get messages one by one (see `outlet`).
"""

from __future__ import annotations

from typing import Any

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

#: The name in a scope's `extensions` under which a connection offers itself.
EXTENSION = "progress_backend.frames"


class FrameConnection(WebSocketsSansIOProtocol):
    """For uvicorn's option `ws`."""

    def handle_connect(self, event: Any) -> None:
        """Offers itself to the application, whose task begins in the loop's next turn."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            self.scope["extensions"][EXTENSION] = {"connection": self}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.handshake_initiated and hasattr(self, "scope"):
            self.scope["extensions"].pop(EXTENSION, None)  # no circle is left behind

    def write(self, frame: bytes) -> bool:
        """Sends a frame if the client keeps up; else, and on a connection that ends, False."""
        if not self.writable.is_set() or self.close_sent or self.disconnected:
            return False
        self.transport.write(frame)
        return True

    async def room(self) -> None:
        """Waits until the client keeps up again, or is gone."""
        await self.writable.wait()


def connection_of(websocket: WebSocket) -> FrameConnection | None:
    """The connection of an accepted socket, if it takes frames."""
    offered = websocket.scope.get("extensions", {}).get(EXTENSION)
    return None if offered is None else offered["connection"]
