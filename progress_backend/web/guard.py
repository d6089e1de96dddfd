"""The guard of every HTTP route: refuses requests by the access rules and by the caller's rights,
and answers CORS preflights.

A request passes it once: in `create_app`'s application before its route is looked for, in one that
includes the router before the route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from .access import SECURING, Access
from .rights import Refusal
from .state import Api, access_of

#: Key in the scope of a GET that was a HEAD: an endless stream need not begin.
HEAD: Final = "progress_backend.head"
#: Key in the scope of a request that has passed the guard.
_PASSED: Final = "progress_backend.passed"
_METHODS: Final = "GET, HEAD, POST, PUT"
#: Response headers that a page's script may read besides the safelisted ones.
_EXPOSED: Final = "ETag, Location, Preference-Applied, Retry-After"
#: Seconds for which a browser may cache a preflight.
_ASKED_S: Final = "600"

_ORIGIN_ALLOWED: Final = b"access-control-allow-origin"
#: Response headers that come once: the response's own, else the guard's.
_ONCE: Final = frozenset([_ORIGIN_ALLOWED, *(name for name, _ in SECURING)])
#: Headers of a response that is made where the guard does not see it.
UNSEEN_BY_GUARD_HEADERS: Final = {name.decode(): value.decode() for name, value in SECURING}

#: What a 401 says of how to ask again.
_WHO: Final = {"WWW-Authenticate": "Bearer"}
UNKNOWN: Final = Refusal(503, "the store does not answer, so the owner of this task is not known")

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]


def as_get(scope: Scope) -> Scope:
    """A HEAD as the GET that it is answered as: the server drops the body; FastAPI routes GET
    alone, and its OpenAPI has no HEAD."""
    return {**scope, "method": "GET", HEAD: True}


async def guarded(
    handle: Handle, scope: Scope, receive: Receive, send: Send, *, streams: bool = False
) -> None:
    """Handles a request unless it is refused or is a CORS preflight; `streams` as
    `Access.refusal`."""
    if _PASSED in scope:
        await handle(scope, receive, send)
        return
    scope[_PASSED] = True
    access = access_of(scope)
    marks = access.marks
    if access.origins and (crossing := access.crossing(scope)) is not None:
        allowed = (_ORIGIN_ALLOWED, crossing.encode("latin-1"))
        marks = [*marks, allowed, (b"access-control-expose-headers", _EXPOSED.encode())]

    async def marked(message: Message) -> None:
        """Adds the headers of every response, and the CORS headers for a listed origin."""
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            own = _ONCE.intersection([name for name, _ in headers])
            its = [mark for mark in marks if mark[0] not in own] if own else marks
            message["headers"] = headers + its
        await send(message)

    refusal = access.refusal(scope, streams=streams)
    if refusal is not None:
        api = getattr(scope["app"].state, "progress", None) if refusal.kind else None
        await denied(api, refusal)(scope, receive, marked)
    elif scope["method"] == "OPTIONS" and (asked := _asked_beforehand(scope, access)) is not None:
        await asked(scope, receive, marked)
    else:
        await handle(scope, receive, marked)


def denied(api: Api | None, refusal: Refusal) -> Response:
    """The HTTP response to a refused request, which is counted."""
    if api is not None:
        api.measured.refusal(refusal)
    headers = _WHO if refusal.status == 401 else {}
    if refusal.retry_after_s:
        headers = {**headers, "Retry-After": str(refusal.retry_after_s)}
    return JSONResponse({"detail": refusal.detail}, refusal.status, headers)


def _asked_beforehand(scope: Scope, access: Access) -> Response | None:
    """The response to a CORS preflight; None for any other OPTIONS."""
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
