"""A JSON response that is gzipped for clients that accept it."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

#: Bytes from which gzip is used, in its fastest way.
_LEAST: Final = 4096
_FASTEST: Final = 1
#: gzip in an Accept-Encoding, unless its weight is zero (RFC 9110, 12.4.2 and 12.5.3).
_GZIP: Final = re.compile(r"(?:^|,)\s*gzip\s*(?:,|$|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))", re.IGNORECASE)


def takes_gzip(headers: Headers) -> bool:
    """Whether the client of a request accepts gzip by its name."""
    return _GZIP.search(headers.get("Accept-Encoding", "")) is not None


class GzipResponse(Response):
    """A 200 with a JSON body, gzipped if it is accepted and long enough.

    Starlette's middleware stands around this response alone, since these routes are in other
    applications too, and a read of one task would pay 20 µs for it. Of a page of 100 tasks (2.1 ms)
    it takes 0.05 ms more than a `gzip.compress`.
    """

    media_type = "application/json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the response, as ASGI has it."""
        packs = takes_gzip(Headers(scope=scope))  # Starlette looks for the name alone
        scope = {**scope, "headers": [(b"accept-encoding", b"gzip")] if packs else []}
        await GZipMiddleware(super().__call__, _LEAST, _FASTEST)(scope, receive, send)
