"""The connection that a server offers to the application in the scope of a WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from starlette.websockets import WebSocket

#: The name in a scope's `extensions` under which a connection offers itself.
EXTENSION: Final = "progress_backend.frames"


class Connection(Protocol):
    """Takes frames that are ready to be sent, and stays open after the application's task."""

    @property
    def writes(self) -> Callable[[bytes], None] | None:
        """Sends a frame; None while the client is behind, and when the connection ends."""

    def write(self, frame: bytes) -> bool:
        """Sends a frame; False if that cannot be done at once."""

    async def send(self, message: Any, /) -> None:
        """As ASGI has it."""

    async def room(self) -> None:
        """Waits until the client keeps up again, or has gone."""

    def watch_room(self, changed: Callable[[], None]) -> None:
        """From now on `changed` is called when `writes` may be another."""

    def keep(self, gone: Callable[[], None]) -> None:
        """Stays open when the application ends; `gone` is called once, when it has ended."""


def connection_of(websocket: WebSocket) -> Connection | None:
    """The socket's connection, if the server offers one."""
    offered = websocket.scope.get("extensions", {}).get(EXTENSION)
    return None if offered is None else offered["connection"]
