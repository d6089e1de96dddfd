"""WS …/ws/task/{task_id}, opened before FastAPI's routing.

After a restart every client comes back at once; finding the route and its parameters is a third of
what opening a socket takes.
"""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from .push.websockets import watch_task

_HEAD: Final = "/internal/ws/task/"


class DirectSocket:
    """An innermost middleware of an application of ours: what others add comes before it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a socket of one task; all else goes on to FastAPI."""
        if scope["type"] == "websocket":
            path: str = scope["path"].removeprefix(scope.get("root_path", ""))
            if path.startswith(_HEAD):
                await watch_task(WebSocket(scope, receive, send), path[len(_HEAD) :])
                return
        await self._app(scope, receive, send)
