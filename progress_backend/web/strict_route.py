"""Routes with strict request bodies, and with the library's errors as HTTP responses.

The route class does it, not exception handlers, so that it works in another application that
includes the router.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from ..errors import ProgressError, TransitionRefused
from .guard import HEAD, ITSELF, GuardedRoute
from .state import api_of
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


class StrictRoute(GuardedRoute):
    """A route with strict requests, `ProgressError`s as responses, and metrics."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, wrapped."""
        handle = super().get_route_handler()

        async def measured(request: Request) -> Response:
            began = time.perf_counter()
            try:
                response = await strict(request)
            except Exception as error:  # any exception is counted, and left to FastAPI
                count(request, getattr(error, "status_code", 500), began)
                raise
            count(request, response.status_code, began)
            return response

        def count(request: Request, status: int, began: float) -> None:
            api = getattr(request.app.state, "progress", None)
            if api is not None:
                took = time.perf_counter() - began
                method = "HEAD" if HEAD in request.scope else request.method
                api.measured.request(method, self.path_format, status, took)

        async def strict(request: Request) -> Response:
            try:
                return await handle(StrictRequest(request.scope, request.receive))
            except RequestValidationError as error:
                # Without FastAPI's `input`: that may be the entire body.
                kept = ("type", "loc", "msg")
                found = [{k: e[k] for k in kept} for e in error.errors()]
                return JSONResponse({"detail": found}, 422)
            except ProgressError as error:
                return answer(error)

        return measured


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
