"""The guard of every HTTP route: answers what may not pass, and what a page asks beforehand (CORS).

It stands before an application of ours as a middleware, and before each route of a router that is
included in somebody else's; a request passes it once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import NOSNIFF, Access
from .state import access_of

#: In the scope of a GET that was a HEAD: what never ends need not begin.
HEAD: Final = "progress_backend.head"
#: In a scope, once its request has passed.
_PASSED: Final = "progress_backend.passed"
_METHODS: Final = "GET, HEAD, POST, PUT"
#: What a page's script may read of an answer, besides what it always may.
_EXPOSED: Final = "ETag, Retry-After"
#: Seconds for which a browser need not ask again.
_ASKED_S: Final = "600"

_ITSELF: Final = {name.decode(): value.decode() for name, value in [NOSNIFF]}

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """The middleware. Sockets ask `Access` themselves: they are told why by a close code."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what may pass."""
        if scope["type"] == "http":
            await guarded(self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def guarded(handle: Handle, scope: Scope, receive: Receive, send: Send) -> None:
    """Has the request handled, unless it is refused or is itself a question about access."""
    if _PASSED in scope:
        await handle(scope, receive, send)
        return
    scope[_PASSED] = True
    access = access_of(scope)
    send = _marking(send, access, access.crossing(scope))
    refusal = access.refusal(scope)
    if refusal is not None:
        answer: Response = JSONResponse({"detail": refusal.detail}, refusal.status)
        await answer(scope, receive, send)
    elif (asked := _asked_beforehand(scope, access)) is not None:
        await asked(scope, receive, send)
    else:
        await handle(scope, receive, send)


class GuardedRoute(APIRoute):
    """A route that brings the guard along into any application, and answers HEAD as GET."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As APIRoute's, behind the guard."""
        if scope["method"] == "HEAD" and "GET" in (self.methods or ()):
            # The server leaves the body out; FastAPI has GET alone, and describes what it has.
            scope = {**scope, "method": "GET", HEAD: True}
        try:
            await guarded(super().handle, scope, receive, send)
        except HTTPException as error:  # a method that it has not: answered by the application
            error.headers = {**(error.headers or {}), **_ITSELF}
            raise


def _marking(send: Send, access: Access, crossing: str | None) -> Send:
    """Sends with what every answer bears, and with what lets a page of `crossing` read it."""
    marks = list(access.marks)
    if crossing is not None:
        marks.append((b"access-control-allow-origin", crossing.encode("latin-1")))
        marks.append((b"access-control-expose-headers", _EXPOSED.encode()))

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            message["headers"] = headers + [mark for mark in marks if mark not in headers]
        await send(message)

    return marked


def _asked_beforehand(scope: Scope, access: Access) -> Response | None:
    """The answer to a browser that asks whether a page may send a request (CORS preflight)."""
    if scope["method"] != "OPTIONS":
        return None
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None or "access-control-request-method" not in headers:
        return None
    if not access.lets_in(origin, scope):
        return JSONResponse({"detail": "pages of this origin may not do this"}, 403)
    said: dict[str, Any] = {"Access-Control-Allow-Methods": _METHODS}
    said["Access-Control-Max-Age"] = _ASKED_S
    if (wanted := headers.get("access-control-request-headers")) is not None:
        said["Access-Control-Allow-Headers"] = wanted
    return Response(status_code=204, headers=said)
