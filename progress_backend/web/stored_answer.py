"""The most frequent response: a stored document, unchanged; and a workflow's body."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

from starlette.responses import Response

from ..record import responses

#: Documents whose headers are cached, and the largest of those in bytes; see `reader_view`.
_REMEMBERED: Final = 4_096
_SMALL: Final = 4_096


class Described(NamedTuple):
    """ETag and response headers of a document."""

    tag: str
    #: As `responses.settled`.
    settled: bool
    headers: tuple[tuple[bytes, bytes], ...]
    #: Those of a 304.
    unchanged: tuple[tuple[bytes, bytes], ...]


class Stored(Response):
    """A 200 with a document, or a 304 without one; its headers are computed before."""

    def __init__(self, document: bytes, described: Described, *, unchanged: bool = False) -> None:
        self.background = None
        if unchanged:
            self.status_code, self.body = 304, b""
            self.raw_headers = list(described.unchanged)
        else:
            self.status_code, self.body = 200, document
            self.raw_headers = list(described.headers)


def described(document: bytes) -> Described:
    """ETag and response headers of a document."""
    return (_remembered if len(document) <= _SMALL else _describe)(document)


def described_workflow(body: bytes) -> Described:
    """ETag and response headers of a workflow's body; the tag is a digest of it, since a publish
    that ends changes the status and no revision."""
    return _headed(body, f'W/"{blake2b(body, digest_size=12).hexdigest()}"', settled=False)


def matches(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag (weak comparison, RFC 9110 13.1.2)."""
    opaque = tag.removeprefix("W/")
    given = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return "*" in given or opaque in given


def _describe(document: bytes) -> Described:
    return _headed(document, responses.entity_tag(document), settled=responses.settled(document))


def _headed(document: bytes, tag: str, *, settled: bool) -> Described:
    unchanged = ((b"etag", tag.encode()), (b"cache-control", b"no-cache"))
    length = (b"content-length", b"%d" % len(document))
    headers = (*unchanged, length, (b"content-type", b"application/json"))
    return Described(tag, settled, headers, unchanged)


_remembered: Callable[[bytes], Described] = lru_cache(maxsize=_REMEMBERED)(_describe)
