"""The class of every HTTP route: behind the guard, for callers with the right that the table of
routes names, with strict request bodies, and with the library's errors as HTTP responses; and the
way of a request to its route in an application of `create_app`.

The route does it, not exception handlers, so that it works in another application that includes
the router.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ..errors import ProgressError, StoreUnavailable, TransitionRefused
from .audit import Audited
from .callers import caller_of
from .guard import HEAD, UNKNOWN, UNSEEN_BY_GUARD_HEADERS, Handle, as_get, denied, guarded
from .limits import FREE
from .rights import ANYONE, WRITES
from .route_table import TABLE, Right, resource_of
from .state import api_in, may
from .strict_request import StrictRequest
from .terminate import BrokerUnavailable

#: Retry-After of a 503, in seconds.
RETRY_AFTER = "1"
_SOCKET: Final = (
    "a WebSocket is at this address: connect with ws:// or wss://; a proxy between has to pass the "
    "headers Upgrade and Connection on"
)


class StrictRoute(APIRoute):
    """A FastAPI route in any application, as the table of routes describes it; it answers HEAD as
    GET.

    An application that includes the router has it called by FastAPI, which asks the application's
    dependencies first. In one of `create_app` there are none, and it calls its function itself,
    with arguments of the fields that FastAPI found in it: FastAPI's way to a function takes longer
    than all other steps of a read.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        row = TABLE[endpoint]
        options |= {"summary": row.summary, "responses": row.answers, "response_class": Response}
        options["description"] = " ".join((endpoint.__doc__ or "").split())
        super().__init__(path, endpoint, **options)
        self._right, self.streams = row.right, row.streams
        body = self.body_field
        self._needs_body = body is not None and body.field_info.is_required()
        self._free = 0 if row.right == ("create", "tasks") else FREE
        #: The value of an empty query, which no function changes; None where that is refused.
        self._no_query: Any = None
        for field in self.dependant.query_params:
            self._no_query, _ = field.validate({}, loc=("query",))
            model: Any = field.field_info.annotation
            self._queries = ", ".join(model.model_fields)
        #: The headers that the function takes, all of them texts: its names, and a request's.
        self._headers = [
            (field.name, field.name.replace("_", "-").encode(), field.default)
            for field in self.dependant.header_params
        ]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request behind the guard, as APIRoute does."""
        if scope["method"] == "HEAD" and "GET" in (self.methods or ()):
            scope = as_get(scope)
        call: Handle = super().handle
        its = scope["method"] in (self.methods or ())
        try:
            call = partial(self._allowed, call) if its else call
            await guarded(call, scope, receive, send, streams=self.streams)
        except AnyHTTPException as error:  # a wrong method: the application answers it
            error.headers = {**(error.headers or {}), **UNSEEN_BY_GUARD_HEADERS}
            if "GET" in (self.methods or ()):
                error.headers["Allow"] = "GET, HEAD"
            raise

    def answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers a request that the guard lets through, without FastAPI."""
        return self._allowed(self._call, scope, receive, send)

    def _allowed(
        self, call: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> Awaitable[None]:
        """Responds to a request if its caller may do what the route does."""
        if (right := self._right) is None:
            return call(scope, receive, send)
        if right[0] not in WRITES and api_in(scope).callers.is_open_to_all(scope):
            return call(scope, receive, send)
        return self._if_may(right, call, scope, receive, send)

    async def _if_may(
        self, right: Right, call: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        action, api = right[0], api_in(scope)
        resource = resource_of(right, scope)
        audited = Audited(scope, send, action, resource) if action in WRITES else None
        try:
            try:
                refusal = await may(scope, action, resource)
            except StoreUnavailable:
                refusal = UNKNOWN
            refusal = refusal or api.limits.of_write(scope, action)
            call = call if refusal is None else denied(api, refusal)
            await call(scope, receive, send if audited is None else audited.send)
        finally:
            if audited is not None:
                audited.end()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            return await self._measured(handle, request.scope, request.receive)

        return answered

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._measured(self._answer, scope, receive)
        except AnyHTTPException as error:
            response = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """The response of the route's function.

        Raises:
            RequestValidationError: the request's path, query or body is wrong.
            HTTPException: as `StrictRequest.json`, or the function.
        """
        its, scope, values, errors = self.dependant, request.scope, dict[str, Any](), list[Any]()

        def take(field: Any, given: Any, *loc: str) -> None:
            values[field.name], wrong = field.validate(given, loc=loc)
            errors.extend(wrong)

        for field in its.path_params:
            take(field, scope["path_params"][field.name], "path", field.name)
        for field in its.query_params:  # a model
            if not scope["query_string"] and self._no_query is not None:
                values[field.name] = self._no_query
            else:
                take(field, dict(request.query_params), "query")
        if self._headers:
            headers = dict(reversed(scope["headers"]))  # of two the first, as FastAPI
            for name, header, default in self._headers:
                text = headers.get(header)
                values[name] = default if text is None else text.decode("latin-1")
        if its.request_param_name is not None:
            values[its.request_param_name] = request
        if self.body_field is not None:
            if await request.body():
                take(self.body_field, await request.json(), "body")
            elif self._needs_body:
                errors.append({"type": "missing", "loc": ("body",), "msg": "Field required"})
        if errors:
            raise RequestValidationError(errors)
        response: Response = await self.endpoint(**values)
        return response

    async def _measured(
        self, handle: Callable[[Request], Awaitable[Response]], scope: Scope, receive: Receive
    ) -> Response:
        """The response of a handler, or that of an error of the library; counted."""
        began, status = time.perf_counter(), 500
        request = StrictRequest(scope, receive)
        request.needs_body, request.free = self._needs_body, self._free
        try:
            response = await handle(request)
            status = response.status_code
        except RequestValidationError as error:
            # Without FastAPI's `input`: that may be the entire body.
            kept = ("type", "loc", "msg")
            found = [{k: e[k] for k in kept} for e in error.errors()]
            for wrong in found:
                if wrong["type"] == "extra_forbidden" and wrong["loc"][0] == "query":
                    wrong["msg"] = f"there is no such parameter; there are {self._queries}"
            response, status = JSONResponse({"detail": found}, 422), 422
        except ProgressError as error:
            response, status = answer(error), error.status_code
        except ClientDisconnect:  # within its body
            response, status = Response(status_code=400), 400
        except AnyHTTPException as error:
            status = error.status_code
            raise
        finally:
            if (api := getattr(scope["app"].state, "progress", None)) is not None:
                method = "HEAD" if HEAD in scope else scope["method"]
                took = time.perf_counter() - began
                api.measured.request(method, self.path_format, status, took)
        if (
            (caller := caller_of(scope)) is not ANYONE and caller.limited
        ):  # another caller is sent other tasks from the same address
            response.headers.setdefault("Cache-Control", "no-store")
        return response


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


def answer(error: ProgressError) -> Response:
    """The HTTP response for an error of the library."""
    body: dict[str, Any] = {"detail": getattr(error, "what", str(error))}
    headers: dict[str, str] = {}
    if isinstance(error, TransitionRefused | BrokerUnavailable):
        body["status"] = error.status
    if error.status_code == 503:
        headers["Retry-After"] = RETRY_AFTER
    if after_s := getattr(error, "retry_after_s", 0):
        headers["Retry-After"] = str(after_s)
    return JSONResponse(body, error.status_code, headers)


async def refused(_: Request, error: Exception) -> Response:
    """The HTTP response for a fault of the service, which Starlette has logged. The server closes
    the connection after it, so the response announces that: else the connection's next request
    would be reset."""
    body = {"detail": "the service failed; its log has the traceback"}
    return JSONResponse(body, 500, {**UNSEEN_BY_GUARD_HEADERS, "Connection": "close"})
