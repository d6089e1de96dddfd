"""uvicorn's HTTP connection with bounds: for what a request has besides its body, the time for a
whole request, and log lines about invalid ones.

Without them a header or trailer of any length is kept in memory until it ends, and half a request
for ever; and the trailers of a chunked body count as headers. Under a server without this class
that server's own bounds count.
"""

from __future__ import annotations

import asyncio
import logging
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from ...store.outage_log import OneAMinute
from ..access import SECURING
from .websocket_connection import FrameConnection

#: Most bytes of a request besides its body: first line, headers, framing of chunks, trailers. Of
#: bytes that arrive in one read with an earlier request the most that one read may have are not
#: counted.
MAX_HEAD: Final = 64 * 1024
#: Most headers: short ones take twenty times their bytes in memory.
MOST_HEADERS: Final = 256
_TOO_LARGE: Final = f"at most {MAX_HEAD} bytes and {MOST_HEADERS} headers"
#: Most requests of a connection that wait for the answer to the one before; uvicorn keeps those of
#: one read, thousands, and stops reading.
MOST_WAITING: Final = 64
#: Seconds between two checks for an incomplete request: one that is incomplete at two checks is
#: refused.
HALF_S: Final = 15.0
#: Seconds for which a refused client may still send before the connection is cut: a response that
#: it has not read yet would be lost.
_LINGER_S: Final = 1.0
#: Bytes of a header besides its name and value.
_COLON_AND_END: Final = 4
#: Bytes of framing that each piece of a body may have without being counted, and most pieces: small
#: chunks are no fault, but a megabyte in chunks of one byte takes seconds of the event loop.
_FRAMING: Final = 16
MOST_PIECES: Final = 65_536

#: Response headers with a kept line.
_LINES: Final = 1024

_logger = logging.getLogger("progress_backend.web")
_warnings = OneAMinute()


class OneWrite(RequestResponseCycle):
    """The cycle of a request: head and body of a response go out as one, where the body is in one
    piece. uvicorn writes the head by itself; a system call takes a tenth of a read's time."""

    #: The response's start until its body is there, and the length of that.
    _start: Any = None
    _length = b""

    async def send(self, message: Any) -> None:
        """Sends a part of the response, as ASGI has it."""
        if message["type"] == "http.response.start":
            length = dict(message.get("headers", ())).get(b"content-length")
            if length is not None:
                self._start, self._length = message, length
                return
        elif self._start is not None:
            start, self._start = self._start, None
            if self._writes(start, message):
                return
            await super().send(start)
        await super().send(message)

    def _writes(self, start: Any, message: Any) -> bool:
        """Writes a usual response; another one is uvicorn's."""
        headers, body = [*self.default_headers, *start["headers"]], message.get("body", b"")
        is_open = self.keep_alive and not (self.flow.write_paused or self.disconnected)
        if not is_open or self.access_log or self.scope["method"] == "HEAD":
            return False
        try:
            if message.get("more_body") or int(self._length) != len(body):
                return False
            head = b"".join(map(_line, headers))
        except (ValueError, TypeError):  # ASGI allows lists, which are not kept
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[start["status"]], head, body))
        self.message_event.set()
        self.on_response()
        return True


@lru_cache(_LINES)
def _line(header: tuple[bytes, bytes]) -> bytes:
    """The line of a response header.

    Raises:
        ValueError: uvicorn refuses it, or does more than to send it.
    """
    name, value = header[0].lower(), header[1]
    if name in (b"connection", b"transfer-encoding") or HEADER_RE.search(name):
        raise ValueError(name)
    if HEADER_VALUE_RE.search(value):
        raise ValueError(value)
    return b"%b: %b\r\n" % (name, value)


class HttpConnection(HttpToolsProtocol):
    """The class for uvicorn's option `http`."""

    #: Bytes of the request that is being received, besides its body.
    _besides = 0
    #: Pieces of its body so far.
    _pieces = 0
    #: Whether a request has ended in the bytes that are being parsed.
    _ended = False
    #: The scope of the last request with a complete head.
    _begun: object = None
    _too_large = False
    _too_many = False
    _refused = False
    _look: asyncio.TimerHandle
    #: The request that was incomplete at the last check.
    _half_before: object = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts the timer that checks for an incomplete request."""
        super().connection_made(transport)  # type: ignore[arg-type]  # as asyncio names it
        self._look = self.loop.call_later(HALF_S, self._look_again)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the timer."""
        self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses received bytes; refuses a request that has too many besides its body before it
        has ended."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._besides, self._ended = self._besides + len(data), False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self._look.cancel()
                self.handle_websocket_upgrade()
                return
            self._unsupported_upgrade_warning()
        except httptools.HttpParserError as error:
            if self._too_many:
                if _warnings.passes():
                    _logger.warning("an HTTP client sent too many requests at once: %s", error)
                self._refused = True
                self.transport.close()
            elif self._too_large:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LARGE)
            else:
                if _warnings.passes():
                    _logger.warning("an HTTP client sent an invalid request: %s", error)
                # What this class refuses is behind the parser's own error.
                self._refuse(HTTPStatus.BAD_REQUEST, str(error.__context__ or error))
            return
        if self._ended:  # how many of the bytes are the next request's is not known
            self._besides = 0
            return
        self._besides = max(self._besides, 0)
        if self._besides > MAX_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header; a trailer, which comes once the request has begun, is dropped."""
        if self._begun is self.scope:
            return
        if len(self.headers) >= MOST_HEADERS:
            self._too_large = True
            raise ValueError("the request has too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Starts the request after its head is complete."""
        self._begun, self._pieces = self.scope, 0
        # The head may be a small part of the received bytes.
        if self._besides > MAX_HEAD and self._size_of_head() > MAX_HEAD:
            self._too_large = True
            raise ValueError("the head of the request is too large")
        if (
            self.parser.should_upgrade()
            and self._should_upgrade()
            and (self._has_body() or self.parser.get_method() != b"GET" or not self.url.isascii())
        ):
            # A body would be waited for before the handshake, and is not read by anything.
            raise ValueError("the handshake of a WebSocket is a GET without a body")
        if len(self.pipeline) >= MOST_WAITING:
            self._too_many = True
            raise ValueError(f"more than {MOST_WAITING} wait for the answer to another")
        super().on_headers_complete()
        if self._has_cycle():
            self.cycle.__class__ = OneWrite  # uvicorn has no option for it; its task has not begun

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection over with its request; uvicorn would write that down for a second
        parser, which takes a sixth of the time of a connection."""
        kind = self.ws_protocol_class
        if kind is None or not issubclass(kind, FrameConnection):
            super().handle_websocket_upgrade()
            return
        self.connections.discard(self)
        protocol = kind(self.config, self.server_state, self.app_state)
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        protocol.begin(self.url, self.headers)

    def on_body(self, body: bytes) -> None:
        """Takes a piece of a body."""
        self._besides -= len(body) + _FRAMING
        self._pieces += 1
        if self._pieces > MOST_PIECES:
            raise ValueError(f"the body has more than {MOST_PIECES} chunks: send larger ones")
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Ends the request."""
        self._ended = True
        super().on_message_complete()

    def _has_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 "))
            for name, value in self.headers
        )

    def _size_of_head(self) -> int:
        fields = sum(len(name) + len(value) + _COLON_AND_END for name, value in self.headers)
        return len(self.url) + fields

    def _has_cycle(self) -> bool:
        """Whether the request goes to the application; an upgrade to a WebSocket does not."""
        return self.cycle is not None and self.cycle.scope is self.scope

    def _unsupported_upgrade_warning(self) -> None:
        if _warnings.passes():
            _logger.warning("an HTTP client requested another protocol; the response is HTTP/1.1")

    def _look_again(self) -> None:
        half = None if self.transport.is_closing() else self._half()
        if half is not None and half is self._half_before:
            if half is self:
                self.transport.close()
            else:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"it was not whole after {HALF_S:g} s")
            return
        self._half_before = half
        self._look = self.loop.call_later(HALF_S, self._look_again)

    def _half(self) -> object:
        """The scope of a request that is incomplete, or this connection before any bytes; None if
        there is none."""
        if self.scope is None:
            return self  # no bytes were received yet
        if self._begun is not self.scope:
            return self.scope
        # While reading is paused, the client is not the cause.
        waits = self._has_cycle() and self.cycle.more_body and not self.flow.read_paused
        return self.scope if waits else None

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Sends an error response instead of the application's, and ends the connection."""
        self._refused = True
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            # An earlier request, or the refused one: its response is not sent any more.
            begun, self.cycle.disconnected = self.cycle.response_started, True
            self.cycle.message_event.set()
            if begun:
                self.transport.close()
                return
        if not (self._has_cycle() and self.cycle.response_complete):  # else it has its response
            self._answer(status, f"{status.phrase}: {why}".encode("ascii", "replace"))
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.loop.call_later(_LINGER_S, self.transport.close)
        else:
            self.transport.close()

    def _answer(self, status: HTTPStatus, text: bytes) -> None:
        lines = [
            b"HTTP/1.1 %d %s" % (status, status.phrase.encode()),
            *(b"%s: %s" % header for header in self.server_state.default_headers),
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(text),
            *(b"%s: %s" % header for header in SECURING),
            b"connection: close",
        ]
        self.transport.write(b"\r\n".join([*lines, b"", text]))
