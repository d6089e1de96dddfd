"""The way of a request to its route in an application of `create_app`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from .guard import as_get, guarded
from .strict_route import StrictRoute

_SOCKET: Final = (
    "a WebSocket is at this address: connect with ws:// or wss://; a proxy between has to pass the "
    "headers Upgrade and Connection on"
)


class Front:
    """The innermost middleware: what others add comes before it. It finds the route of a request or
    socket in the table, and leaves to FastAPI what has none: other paths and methods."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, StrictRoute)]
        self._sockets = [route for route in routes if isinstance(route, WebSocketRoute)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request behind the guard, or serves a socket."""
        if scope["type"] == "http":
            head = scope["method"] == "HEAD"
            method, path = "GET" if head else scope["method"], _path(scope)
            for route in self._routes:
                if method in (route.methods or ()) and (found := route.path_regex.match(path)):
                    its = as_get(scope) if head else scope
                    its["path_params"] = found.groupdict()
                    await guarded(route.answer, its, receive, send, streams=route.streams)
                    return
            if any(socket.path_regex.match(path) for socket in self._sockets):
                answer = JSONResponse({"detail": _SOCKET}, 426, {"Upgrade": "websocket"})
                await guarded(answer, scope, receive, send)
                return
            await guarded(self._app, scope, receive, send)
        elif scope["type"] == "websocket":
            path = _path(scope)
            for socket in self._sockets:
                if found := socket.path_regex.match(path):
                    scope["path_params"] = found.groupdict()
                    await socket.endpoint(WebSocket(scope, receive, send))
                    return
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _path(scope: Scope) -> str:
    """The path below the one that the application is mounted at, as Starlette has it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path
