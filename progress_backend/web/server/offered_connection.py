"""The interface by which this package's server passes its WebSocket connection to the application,
in the scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from starlette.websockets import WebSocket

#: The name in a scope's `extensions` of the connection.
EXTENSION: Final = "progress_backend.frames"


class Connection(Protocol):
    """A WebSocket connection that sends encoded frames, and stays open after the application's
    task."""

    @property
    def writes(self) -> Callable[[bytes], None] | None:
        """Function that sends a frame; None while the client is behind, and once the connection
        ends."""

    async def send(self, message: Any, /) -> None:
        """Sends an ASGI message."""

    async def room(self) -> None:
        """Waits until the client keeps up again, or has disconnected."""

    def watch_room(self, changed: Callable[[], None]) -> None:
        """Calls `changed` from now on when `writes` may have changed."""

    def keep(self, gone: Callable[[], None]) -> None:
        """Keeps the connection open when the application's task ends; `gone` is called once, when
        it is closed."""


def connection_of(websocket: WebSocket) -> Connection | None:
    """The socket's connection; None under another server."""
    offered = websocket.scope.get("extensions", {}).get(EXTENSION)
    return None if offered is None else offered["connection"]
