"""A JSON response that is gzipped for clients that accept it."""

from __future__ import annotations

import asyncio
import re
from gzip import compress
from typing import Final

from fastapi import Response

#: Bytes from which gzip is used; and from which it runs in a thread.
_LEAST: Final = 4096
_IN_A_THREAD: Final = 256 * 1024
_REFUSED: Final = re.compile(r"q\s*=\s*0(\.0*)?")


async def packed(body: bytes, accept_encoding: str) -> Response:
    """A 200 with a JSON body, gzipped if it is accepted and long enough."""
    headers = {"Vary": "Accept-Encoding"}
    if len(body) >= _LEAST and accepts_gzip(accept_encoding):
        headers["Content-Encoding"] = "gzip"
        if len(body) < _IN_A_THREAD:
            body = compress(body, 1, mtime=0)
        else:
            body = await asyncio.to_thread(compress, body, 1, mtime=0)
    return Response(body, 200, headers, "application/json")


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header (RFC 9110 12.5.3) accepts gzip by name."""
    for part in accept_encoding.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return _REFUSED.fullmatch(quality.strip()) is None
    return False
