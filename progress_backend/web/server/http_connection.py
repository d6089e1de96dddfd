"""uvicorn's HTTP connection with bounds: for the size of a request's head, the time for a whole
request, and log lines about invalid ones.

Without them a header of any length is kept in memory until it ends, and half a request for ever.
Under a server without this class that server's own bounds count.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ..access import SECURING
from .log_limit import Seldom

#: Largest head of a request, in bytes: its first line and its headers.
MAX_HEAD: Final = 64 * 1024
#: Seconds between two checks for an incomplete request: one that is incomplete at two checks is
#: refused.
HALF_S: Final = 15.0
#: Seconds for which a refused client may still send before the connection is cut: a response that
#: it has not read yet would be lost.
_LINGER_S: Final = 1.0
#: Bytes of a header besides its name and value.
_COLON_AND_END: Final = 4

_said = Seldom(logging.getLogger("progress_backend.web"))


class HttpConnection(HttpToolsProtocol):
    """The class for uvicorn's option `http`."""

    #: Bytes received since a head began.
    _head = 0
    #: The scope of the last request whose head has ended.
    _begun: object = None
    _too_large = False
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
        """Parses received bytes; refuses a head that is too large before it has ended."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._head += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self._look.cancel()
                self.handle_websocket_upgrade()
                return
            self._unsupported_upgrade_warning()
        except httptools.HttpParserError as error:
            if self._too_large:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            else:
                _said.warning("an HTTP client sent what is no request: %s", error)
                self._refuse(HTTPStatus.BAD_REQUEST)
            return
        if self._begun is self.scope:
            self._head = 0
        elif self._head > MAX_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Begins the request whose head has ended."""
        self._begun = self.scope
        # The head may be a small part of the received bytes.
        if self._head > MAX_HEAD and self._size_of_head() > MAX_HEAD:
            self._too_large = True
            raise ValueError("the head of the request is too large")
        super().on_headers_complete()
        if self.scope["http_version"] == "1.0" and self._has_cycle():
            self.cycle.__class__ = _WithoutChunks

    def _size_of_head(self) -> int:
        fields = sum(len(name) + len(value) + _COLON_AND_END for name, value in self.headers)
        return len(self.url) + fields

    def _has_cycle(self) -> bool:
        """Whether the request goes to the application; an upgrade to a WebSocket does not."""
        return self.cycle is not None and self.cycle.scope is self.scope

    def _unsupported_upgrade_warning(self) -> None:
        _said.warning("an HTTP client asked for another protocol; it is answered in HTTP/1.1")

    def _look_again(self) -> None:
        half = None if self.transport.is_closing() else self._half()
        if half is not None and half is self._half_before:
            if half is self:
                self.transport.close()
            else:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
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

    def _refuse(self, status: HTTPStatus) -> None:
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
        text = status.phrase.encode()
        lines = [
            b"HTTP/1.1 %d %s" % (status, text),
            *(b"%s: %s" % header for header in self.server_state.default_headers),
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(text),
            *(b"%s: %s" % header for header in SECURING),
            b"connection: close",
        ]
        self.transport.write(b"\r\n".join([*lines, b"", text]))
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.loop.call_later(_LINGER_S, self.transport.close)
        else:
            self.transport.close()


class _WithoutChunks(RequestResponseCycle):
    """An HTTP/1.0 request: without chunked encoding, a response without a length ends with the
    connection."""

    _endless = False

    async def send(self, message: Any) -> None:
        """Sends as uvicorn does, which would send chunks to any client."""
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", ())}
            if b"content-length" not in names:
                self._endless, self.chunked_encoding = True, False
        elif self._endless:
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)
