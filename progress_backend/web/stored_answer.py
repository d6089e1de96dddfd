"""The most frequent response: a body with its ETag, or a 304 without one."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

_JSON: Final = (b"content-type", b"application/json")
#: Of each response with texts in the reader's language.
VARIES: Final = {"Vary": "Accept-Language"}
#: Of a status, which may be asked for as HTML too.
STATUS_VARY: Final = "Accept, Accept-Language"
_EACH: Final = ((b"cache-control", b"no-cache"), (b"vary", STATUS_VARY.encode()))


class TaggedAnswer(Response):
    """A 200 with a body, or a 304 without one where the client has it already."""

    def __init__(self, body: bytes, tag: str, if_none_match: str | None) -> None:
        self.background = None
        self.raw_headers = [(b"etag", tag.encode()), *_EACH]
        if if_none_match is not None and matches(if_none_match, tag):
            self.status_code, self.body = 304, b""
        else:
            self.status_code, self.body = 200, body
            self.raw_headers += [(b"content-length", b"%d" % len(body)), _JSON]


def matches(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag (weak comparison, RFC 9110 13.1.2)."""
    opaque = tag.removeprefix("W/")
    given = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return "*" in given or opaque in given
