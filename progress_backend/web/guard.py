"""The guard of every HTTP route: refuses requests by the access rules and by the caller's rights,
and answers CORS preflights.

It is a middleware of `create_app`'s application, and is called before each route of a router that
is included in another application; a request passes it once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import StoreUnavailable
from .access import SECURING, Access
from .audit import Audited
from .request_token import take_query_token
from .rights import WRITES, Action, Refusal, Resource
from .route_table import TABLE, resource_of
from .state import Api, access_of, api_in, may

#: Key in the scope of a GET that was a HEAD: an endless stream need not begin.
HEAD: Final = "progress_backend.head"
#: Key in the scope of a request that has passed the guard.
_PASSED: Final = "progress_backend.passed"
_METHODS: Final = "GET, HEAD, POST, PUT"
#: Response headers that a page's script may read besides the safelisted ones.
_EXPOSED: Final = "ETag, Retry-After"
#: Seconds for which a browser may cache a preflight.
_ASKED_S: Final = "600"

_ORIGIN_ALLOWED: Final = b"access-control-allow-origin"
#: Response headers that come once: the response's own, else the guard's.
_ONCE: Final = frozenset([_ORIGIN_ALLOWED, *(name for name, _ in SECURING)])
#: Headers of a response that is made where the guard does not see it.
ITSELF: Final = {name.decode(): value.decode() for name, value in SECURING}

#: What a 401 says of how to ask again.
_WHO: Final = {"WWW-Authenticate": "Bearer"}
_UNKNOWN: Final = Refusal(503, "the store does not answer, so that nobody knows whose task this is")

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """The guard as ASGI middleware. WebSockets check `Access` themselves: a refusal is a close
    code."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on unless it is refused."""
        if scope["type"] == "http":
            await guarded(self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def guarded(handle: Handle, scope: Scope, receive: Receive, send: Send) -> None:
    """Handles a request unless it is refused or is a CORS preflight."""
    if _PASSED in scope:
        await handle(scope, receive, send)
        return
    scope[_PASSED] = True
    take_query_token(scope)
    access = access_of(scope)
    send = _marking(send, access, access.crossing(scope))
    refusal = access.refusal(scope)
    if refusal is not None:
        api = getattr(scope["app"].state, "progress", None) if refusal.kind else None
        await denied(api, refusal)(scope, receive, send)
    elif (asked := _asked_beforehand(scope, access)) is not None:
        await asked(scope, receive, send)
    else:
        await handle(scope, receive, send)


def denied(api: Api | None, refusal: Refusal) -> Response:
    """The HTTP response to a refused request, which is counted."""
    if api is not None:
        api.measured.refusal(refusal)
    headers = _WHO if refusal.status == 401 else {}
    if refusal.retry_after_s:
        headers = {**headers, "Retry-After": str(refusal.retry_after_s)}
    return JSONResponse({"detail": refusal.detail}, refusal.status, headers)


class OpenRoute(APIRoute):
    """A FastAPI route with the guard, in any application, that is open to everybody; it answers
    HEAD as GET."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request behind the guard, as APIRoute does."""
        if scope["method"] == "HEAD" and "GET" in (self.methods or ()):
            # The server drops the body; FastAPI routes GET alone, and its OpenAPI has no HEAD.
            scope = {**scope, "method": "GET", HEAD: True}
        try:
            await guarded(self.answer, scope, receive, send)
        except HTTPException as error:  # a wrong method: the application answers it
            error.headers = {**(error.headers or {}), **ITSELF}
            raise

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that the guard lets through."""
        await super().handle(scope, receive, send)


class GuardedRoute(OpenRoute):
    """The same for whoever has the right that the table of routes names, which describes it too."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        row = TABLE[endpoint]
        options |= {"summary": row.summary, "responses": row.answers, "response_class": Response}
        options["description"] = " ".join((endpoint.__doc__ or "").split())
        super().__init__(path, endpoint, **options)
        self._right = row.right

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request whose caller may do what the route does."""
        right = self._right
        if right is None:
            await super().answer(scope, receive, send)
            return
        action, resource = right[0], resource_of(right, scope)
        if action not in WRITES:
            await self._if_allowed(action, resource, scope, receive, send)
            return
        audited = Audited(scope, send, action, resource)
        try:
            await self._if_allowed(action, resource, scope, receive, audited.send)
        finally:
            audited.end()

    async def _if_allowed(
        self, action: Action, resource: Resource, scope: Scope, receive: Receive, send: Send
    ) -> None:
        try:
            refusal = await may(scope, action, resource)
        except StoreUnavailable:
            refusal = _UNKNOWN
        api = api_in(scope)
        refusal = refusal or api.limits.of_write(scope, action)
        if refusal is not None:
            await denied(api, refusal)(scope, receive, send)
            return
        await super().answer(scope, receive, send)


def _marking(send: Send, access: Access, crossing: str | None) -> Send:
    """A `send` that adds the headers of every response, and the CORS headers for a listed
    origin."""
    marks = list(access.marks)
    if crossing is not None:
        marks.append((_ORIGIN_ALLOWED, crossing.encode("latin-1")))
        marks.append((b"access-control-expose-headers", _EXPOSED.encode()))

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            own = {name for name, _ in headers} & _ONCE
            message["headers"] = headers + [
                mark for mark in marks if mark not in headers and mark[0] not in own
            ]
        await send(message)

    return marked


def _asked_beforehand(scope: Scope, access: Access) -> Response | None:
    """The response to a CORS preflight; None for any other request."""
    if scope["method"] != "OPTIONS":
        return None
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None or "access-control-request-method" not in headers:
        return None
    if not access.lets_in(origin, scope):
        return JSONResponse({"detail": "pages of this origin may not do this"}, 403)
    allowed: dict[str, Any] = {"Access-Control-Allow-Methods": _METHODS}
    allowed["Access-Control-Max-Age"] = _ASKED_S
    if (wanted := headers.get("access-control-request-headers")) is not None:
        allowed["Access-Control-Allow-Headers"] = wanted
    return Response(status_code=204, headers=allowed)
