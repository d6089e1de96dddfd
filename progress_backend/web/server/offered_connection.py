"""The WebSocket connection that this package's server passes to the application, in the scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.websockets import WebSocket

if TYPE_CHECKING:
    from .websocket_connection import FrameConnection  # not under each uvicorn

#: The name in a scope's `extensions` of the connection.
EXTENSION: Final = "progress_backend.frames"


def connection_of(websocket: WebSocket) -> FrameConnection | None:
    """The socket's connection; None under another server."""
    offered = websocket.scope.get("extensions", {}).get(EXTENSION)
    return None if offered is None else offered["connection"]
