"""The class of every HTTP route: behind the guard, for callers with the right that the table of
routes names, with strict request bodies, and with the library's errors as HTTP responses.

The route does it, not exception handlers, so that it works in another application that includes
the router.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, NoReturn

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import ProgressError, StoreUnavailable, TransitionRefused
from .audit import Audited
from .guard import HEAD, ITSELF, UNKNOWN, as_get, denied, guarded
from .rights import WRITES, Action, Resource
from .route_table import TABLE, resource_of
from .state import api_in, api_of, may
from .terminate import BrokerUnavailable

#: Largest request body, in bytes.
MAX_BODY = 1024 * 1024
#: Deepest nesting of a body.
MAX_DEPTH = 20
#: Retry-After of a 503, in seconds.
RETRY_AFTER = "1"


class StrictRequest(Request):
    """A request whose body is bounded and is strict JSON."""

    async def body(self) -> bytes:
        """The body.

        Raises:
            HTTPException: 413, the body is larger than `MAX_BODY`; 429, its client has sent too
                many bytes.
        """
        if not hasattr(self, "_body"):
            chunks: list[bytes] = []
            size = 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > MAX_BODY:
                    raise HTTPException(413, f"a body may have at most {MAX_BODY} bytes")
                chunks.append(chunk)
            api = api_of(self)
            if (refusal := api.limits.of_body(self.scope, size)) is not None:
                api.measured.refusal(refusal)
                again = {"Retry-After": str(refusal.retry_after_s)}
                raise HTTPException(refusal.status, refusal.detail, again)
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:
        """The body as a value that can be recorded and sent to every client.

        Raises:
            HTTPException: 422, the body is no JSON, or JSON that some client could not read.
        """
        try:
            value = json.loads(await self.body(), parse_constant=_no_constant)
        except RecursionError:
            raise HTTPException(422, _TOO_DEEP) from None
        except ValueError as error:
            raise HTTPException(422, f"the body is not JSON: {error}") from None
        _check(value)
        return value


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
        self._right = row.right
        #: The value of an empty query, which no function changes; None where that is refused.
        self._no_query: Any = None
        for field in self.dependant.query_params:
            self._no_query, _ = field.validate({}, loc=("query",))
        #: The headers that the function takes, all of them texts: its names, and a request's.
        self._headers = [
            (field.name, field.name.replace("_", "-").encode(), field.default)
            for field in self.dependant.header_params
        ]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request behind the guard, as APIRoute does."""
        if scope["method"] == "HEAD" and "GET" in (self.methods or ()):
            scope = as_get(scope)
        answer = partial(self._if_allowed, super().handle)
        try:
            await guarded(answer, scope, receive, send)
        except AnyHTTPException as error:  # a wrong method: the application answers it
            error.headers = {**(error.headers or {}), **ITSELF}
            raise

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that the guard lets through, without FastAPI."""
        right = self._right
        if right and right[0] not in WRITES and api_in(scope).callers.all_may(scope):
            await self._call(scope, receive, send)
        else:
            await self._if_allowed(self._call, scope, receive, send)

    async def _if_allowed(self, call: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request whose caller may do what the route does."""
        if (right := self._right) is None:
            await call(scope, receive, send)
            return
        action, resource = right[0], resource_of(right, scope)
        if action not in WRITES:
            await _permitted(call, action, resource, scope, receive, send)
            return
        audited = Audited(scope, send, action, resource)
        try:
            await _permitted(call, action, resource, scope, receive, audited.send)
        finally:
            audited.end()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            return await self._measured(handle, StrictRequest(request.scope, request.receive))

        return answered

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._measured(self._answer, StrictRequest(scope, receive))
        except AnyHTTPException as error:
            response = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Awaitable[Response]:
        """The response of the route's function; raises as `_answer_with`."""
        if self.body_field is not None:
            return self._answer_with(request)
        values, errors = self._arguments(request)
        if errors:
            raise RequestValidationError(errors)
        response: Awaitable[Response] = self.endpoint(**values)
        return response

    async def _answer_with(self, request: Request) -> Response:
        """The response of the route's function with the request's body.

        Raises:
            RequestValidationError: the request's path, query or body is wrong.
            HTTPException: as `StrictRequest.json`, or the function.
        """
        field = self.body_field
        assert field is not None
        values, errors = self._arguments(request)
        if given := await request.body():
            given = await request.json() if _is_json(request) else given
            values[field.name], wrong = field.validate(given, loc=("body",))
            errors += wrong
        elif field.field_info.is_required():
            errors.append({"type": "missing", "loc": ("body",), "msg": "Field required"})
        if errors:
            raise RequestValidationError(errors)
        response: Response = await self.endpoint(**values)
        return response

    def _arguments(self, request: Request) -> tuple[dict[str, Any], list[Any]]:
        """The arguments of the route's function but its body, and what is wrong with them."""
        its, values, errors = self.dependant, dict[str, Any](), list[Any]()
        for field in its.path_params:
            given = request.scope["path_params"][field.name]
            values[field.name], wrong = field.validate(given, loc=("path", field.name))
            errors += wrong
        for field in its.query_params:  # a model
            if not request.scope["query_string"] and self._no_query is not None:
                values[field.name] = self._no_query
                continue
            given = dict(request.query_params)
            values[field.name], wrong = field.validate(given, loc=("query",))
            errors += wrong
        if self._headers:
            headers = dict(reversed(request.scope["headers"]))  # of two the first, as FastAPI
            for name, header, default in self._headers:
                text = headers.get(header)
                values[name] = default if text is None else text.decode("latin-1")
        if its.request_param_name is not None:
            values[its.request_param_name] = request
        return values, errors

    async def _measured(
        self, handle: Callable[[Request], Awaitable[Response]], request: Request
    ) -> Response:
        """The response of a handler, or that of an error of the library; counted."""
        scope, began, status = request.scope, time.perf_counter(), 500
        try:
            response = await handle(request)
            status = response.status_code
        except RequestValidationError as error:
            # Without FastAPI's `input`: that may be the entire body.
            kept = ("type", "loc", "msg")
            found = [{k: e[k] for k in kept} for e in error.errors()]
            response, status = JSONResponse({"detail": found}, 422), 422
        except ProgressError as error:
            response, status = answer(error), error.status_code
        except AnyHTTPException as error:
            status = error.status_code
            raise
        finally:
            if (api := getattr(scope["app"].state, "progress", None)) is not None:
                method = "HEAD" if HEAD in scope else scope["method"]
                took = time.perf_counter() - began
                api.measured.request(method, self.path_format, status, took)
        return response


async def _permitted(
    call: ASGIApp, action: Action, resource: Resource, scope: Scope, receive: Receive, send: Send
) -> None:
    api = api_in(scope)
    try:
        refusal = await may(scope, action, resource)
    except StoreUnavailable:
        refusal = UNKNOWN
    refusal = refusal or api.limits.of_write(scope, action)
    await (call if refusal is None else denied(api, refusal))(scope, receive, send)


def _is_json(request: Request) -> bool:
    """Whether a body is said to be JSON, as FastAPI has it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.startswith("application/") and kind.endswith(("/json", "+json"))


def answer(error: ProgressError) -> Response:
    """The HTTP response for an error of the library."""
    body: dict[str, Any] = {"detail": getattr(error, "what", str(error))}
    headers: dict[str, str] = {}
    if isinstance(error, TransitionRefused):
        body["status"] = error.status
    if isinstance(error, BrokerUnavailable):
        body["status"] = error.status
    if error.status_code == 503:
        headers["Retry-After"] = RETRY_AFTER
    return JSONResponse(body, error.status_code, headers)


def failed(headers: Mapping[str, str] | None = None) -> Response:
    """The HTTP response for a fault of the service, which is logged."""
    body = {"detail": "the service failed; its log says where"}
    return JSONResponse(body, 500, headers)


async def refused(_: Request, error: Exception) -> Response:
    """The same where Starlette has logged the fault. The server closes the connection after it, so
    the response announces that: else the connection's next request would be reset."""
    return failed({**ITSELF, "Connection": "close"})


_TOO_DEEP = f"the body is nested deeper than {MAX_DEPTH} levels"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not allowed")


def _check(value: Any) -> None:
    """Refuses values that are JSON for Python only, or cannot be stored as UTF-8."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                for key in item:
                    _check_text(key)
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
            elif isinstance(item, float) and item - item != 0:
                raise HTTPException(422, "the body has a number that is too large")
            elif isinstance(item, int) and item.bit_length() > 64:
                raise HTTPException(422, "the body has a whole number of more than 64 bits")
        if not deeper:
            return
        level = deeper
    raise HTTPException(422, _TOO_DEEP)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise HTTPException(422, "the body has a text with a null character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise HTTPException(422, "the body has a text with half a surrogate pair") from None
