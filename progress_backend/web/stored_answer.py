"""The answer that is given most: a document as it is stored."""

from __future__ import annotations

from starlette.responses import Response


class Stored(Response):
    """200 with a document, or 304 without one; its headers are known, nothing is worked out."""

    def __init__(self, document: bytes | None, tag: str) -> None:
        self.status_code = 304 if document is None else 200
        self.background = None
        self.raw_headers = [(b"etag", tag.encode()), (b"cache-control", b"no-cache")]
        self.body = b""
        if document is not None:
            self.body = document
            self.raw_headers += [
                (b"content-length", b"%d" % len(document)),
                (b"content-type", b"application/json"),
            ]
