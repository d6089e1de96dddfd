"""A request with a bounded body of strict JSON."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from fastapi import HTTPException, Request
from starlette.datastructures import QueryParams

from .limits import FREE
from .route_table import query_of
from .state import api_of

#: Largest request body, in bytes.
MAX_BODY: Final = 1024 * 1024
#: Deepest nesting of a body.
MAX_DEPTH: Final = 20
_TOO_DEEP: Final = f"the body is nested deeper than {MAX_DEPTH} levels"


class StrictRequest(Request):
    """A request with a bounded body of strict JSON; it may be null where none is needed."""

    #: Whether its route needs a body, and how many bytes of one do not count.
    needs_body = False
    free = FREE

    async def body(self) -> bytes:
        """The body.

        Raises:
            HTTPException: 413, the body is larger than `MAX_BODY`; 415, it is not sent as JSON;
                429, its client has sent too many bytes.
        """
        if not hasattr(self, "_body"):
            chunks: list[bytes] = []
            size = 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > MAX_BODY:
                    raise HTTPException(413, f"a body may have at most {MAX_BODY} bytes")
                chunks.append(chunk)
            if size:
                self._check_kind()
            api = api_of(self)
            if (refusal := api.limits.of_body(self.scope, size - self.free)) is not None:
                api.measured.refusal(refusal)
                again = {"Retry-After": str(refusal.retry_after_s)}
                raise HTTPException(refusal.status, refusal.detail, again)
            self._body = b"".join(chunks)
        return self._body

    def _check_kind(self) -> None:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not (kind.startswith("application/") and kind.endswith(("/json", "+json"))):
            given = f"as {kind[:80]}" if kind else "without a Content-Type"
            raise HTTPException(415, f"send the body as application/json, not {given}")
        if self.headers.get("content-encoding", "identity") != "identity":
            raise HTTPException(415, "send the body as it is, without Content-Encoding")

    @property
    def query_params(self) -> QueryParams:
        """The query.

        Raises:
            HTTPException: 422, it has a parameter more than once.
        """
        query = query_of(self.scope)
        names = [name for name, _ in query.multi_items()]
        if len(names) > len(query):
            twice = next(name for name in names if names.count(name) > 1)
            raise HTTPException(422, f"the query has {twice[:80]!r} more than once: send it once")
        return query

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
        if not isinstance(value, dict) and (value is not None or self.needs_body):
            raise HTTPException(422, "the body must be a JSON object")
        _check(value)
        return value


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
        raise HTTPException(422, "the body has a string with a null character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise HTTPException(422, "the body has a string with half a surrogate pair") from None
