"""uvicorn's WebSocket connection, for very many clients that only receive.

It sends encoded frames, and stays open after the application's task has ended: a task and its
objects are most of an open socket's memory. Under a server without this class the application uses
ASGI alone (see `push.socket_writer`).
"""

from __future__ import annotations

import logging
from asyncio import BaseTransport
from collections.abc import Callable, Iterable
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.protocol import Protocol

from ...store.outage_log import OneAMinute
from ..push.socket_writer import EXTENSION

#: Most fragments of a client's message.
MOST_PARTS = 64
_WRONG_FRAME = "a WebSocket client sent a wrong frame, its connection is closed: %s"
_logger = logging.getLogger("progress_backend.web")
_warnings = OneAMinute()


class FrameConnection(WebSocketsSansIOProtocol):
    """The class for uvicorn's option `ws`."""

    _gone: Callable[[], None] | None = None
    _room: Callable[[], None] | None = None

    def begin(self, url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Begins with a request that has been parsed already."""
        self.conn.parser = Protocol.parse(self.conn)
        next(self.conn.parser)
        named = [(name.decode("ascii"), value.decode("latin-1")) for name, value in headers]
        self.handle_connect(Request(url.decode("ascii"), Headers(named)))

    def handle_connect(self, event: Any) -> None:
        """Adds itself to the scope of the application; its task starts in the loop's next turn."""
        super().handle_connect(event)
        if not self.handshake_complete:  # else the request was refused
            self.scope["extensions"][EXTENSION] = {"connection": self}

    async def run_asgi(self) -> None:
        """Ends the connection with the application, unless it is kept."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except BaseException:  # as uvicorn's own: whatever an application raises ends here
            self.logger.exception("Exception in ASGI application\n")
            self.send_500_response()
        finally:
            self.scope["extensions"].pop(EXTENSION, None)  # no circle is left behind
        if self._gone is None:
            if not self.handshake_complete:
                self.logger.error("ASGI callable returned without completing handshake.")
                self.send_500_response()
            if self.close_timer is None:
                self.transport.close()
            return
        # These are not used any more; the parser would hold them as long as it lives.
        self.request.headers.clear()
        self.response.headers.clear()
        del self.scope, self.request, self.response

    def keep(self, gone: Callable[[], None]) -> None:
        """Keeps the connection open when the application's task ends; the client's messages are
        ignored.

        `gone` is called once, when either side has closed the connection.
        """
        self._gone = gone
        if self.disconnected:
            gone()
        elif self.read_paused:
            self.read_paused = False
            self._read_on()

    def data_received(self, data: bytes) -> None:
        """Parses received bytes, and logs an invalid frame, which closes the connection."""
        super().data_received(data)
        if self.conn.parser_exc is not None and _warnings.passes():
            _logger.warning(_WRONG_FRAME, self.conn.parser_exc)

    def handle_cont(self, event: Any) -> None:
        """Takes a fragment of a client's message; empty ones would cost the client little, and the
        server memory."""
        if len(self.frames) < MOST_PARTS:
            super().handle_cont(event)
        elif not self.close_sent:
            if _warnings.passes():
                _logger.warning(_WRONG_FRAME, f"a message in more than {MOST_PARTS} parts")
            self.conn.fail(1009, "too many parts")
            self.handle_parser_exception()

    def send_receive_event_to_app(self) -> None:
        """Takes a client's message."""
        if self._gone is not None:
            self.frames = []
            return
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError as error:
                self.frames = []
                if _warnings.passes():
                    _logger.warning(_WRONG_FRAME, error)
                self.conn.fail(1007, "no UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    async def receive(self) -> Any:
        """A client's message, for the application."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._read_on()
        return message

    def _read_on(self) -> None:
        if self.writable.is_set() and not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Calls the `gone` of `keep`, since the client has disconnected."""
        super().connection_lost(exc)
        self._room = None
        if self._gone is not None:
            self._gone()

    def connection_made(self, transport: BaseTransport) -> None:
        """Sets the buffer limit so that a client counts as behind as soon as the kernel takes no
        more data for it; with a limit of 0 a TLS transport would be full while it is empty."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=1)

    def pause_writing(self) -> None:
        """Stops reading from a client that is behind: else answers to its pings would pile up."""
        super().pause_writing()
        if not self.transport.is_closing():
            self.transport.pause_reading()
        if self._room is not None:
            self._room()

    def resume_writing(self) -> None:
        """Reads on from a client that keeps up again."""
        super().resume_writing()
        if not self.read_paused:
            self._read_on()
        if self._room is not None:
            self._room()

    def watch_room(self, changed: Callable[[], None]) -> None:
        """Calls `changed` from now on when `writes` may have changed."""
        self._room = changed

    @property
    def writes(self) -> Callable[[bytes], None] | None:
        """Function that sends a frame; None while the client is behind, and once the connection
        ends."""
        if not self.writable.is_set() or self.close_sent or self.disconnected:
            return None
        return self.transport.write

    async def drained(self) -> None:
        """Waits until the client keeps up again, or has disconnected."""
        await self.writable.wait()
