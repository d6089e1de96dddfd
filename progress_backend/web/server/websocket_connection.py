"""uvicorn's WebSocket connection, made for very many that only listen.

It takes frames that are ready to be sent, and stays open after the application's task has ended:
a task and what it holds are most of an open socket's memory. Under a server without this class the
application does without (see `outlet`).
"""

from __future__ import annotations

import logging
from asyncio import BaseTransport
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from .log_limit import Seldom
from .offered_connection import EXTENSION

#: Parts that a client's message may come in.
MOST_PARTS = 64
_WRONG_FRAME = "a WebSocket client sent a wrong frame, its connection is closed: %s"
_said = Seldom(logging.getLogger("progress_backend.web"))


class FrameConnection(WebSocketsSansIOProtocol):
    """For uvicorn's option `ws`."""

    _gone: Callable[[], None] | None = None
    _room: Callable[[], None] | None = None

    def handle_connect(self, event: Any) -> None:
        """Offers itself to the application, whose task begins in the loop's next turn."""
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
        # Nobody asks for these any more; the parser would hold them as long as it lives.
        self.request.headers.clear()
        self.response.headers.clear()
        del self.scope, self.request, self.response

    def keep(self, gone: Callable[[], None]) -> None:
        """Stays open when the application ends, not hearing what the client says.

        `gone` is called once, when the connection has ended, whoever ended it.
        """
        self._gone = gone
        if self.disconnected:
            gone()
        elif self.read_paused:
            self.read_paused = False
            self._read_on()

    def data_received(self, data: bytes) -> None:
        """Takes what has come, and ends what is no handshake and no frame."""
        super().data_received(data)
        if self.conn.parser_exc is not None:
            _said.warning(_WRONG_FRAME, self.conn.parser_exc)
        elif self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn does not look: the client would wait for its answer for ever.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_cont(self, event: Any) -> None:
        """Takes a part of a client's message; empty ones would cost it little, and us memory."""
        if len(self.frames) < MOST_PARTS:
            super().handle_cont(event)
        elif not self.close_sent:
            _said.warning(_WRONG_FRAME, f"a message in more than {MOST_PARTS} parts")
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
                _said.warning(_WRONG_FRAME, error)
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

    def handle_ping(self) -> None:
        """Answers a ping, unless the client does not take what it has been sent."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def _read_on(self) -> None:
        if self.writable.is_set() and not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells whoever kept the connection that its client has gone."""
        super().connection_lost(exc)
        self._room = None
        if self._gone is not None:
            self._gone()

    def connection_made(self, transport: BaseTransport) -> None:
        """Counts a client as behind as soon as the kernel takes no more for it."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=0)

    def pause_writing(self) -> None:
        """The client is behind: what it sends waits, too, or its pings' answers would pile up."""
        super().pause_writing()
        if not self.transport.is_closing():
            self.transport.pause_reading()
        if self._room is not None:
            self._room()

    def resume_writing(self) -> None:
        """The client keeps up again."""
        super().resume_writing()
        if not self.read_paused:
            self._read_on()
        if self._room is not None:
            self._room()

    def watch_room(self, changed: Callable[[], None]) -> None:
        """From now on `changed` is called when `writes` may be another."""
        self._room = changed

    @property
    def writes(self) -> Callable[[bytes], None] | None:
        """Sends a frame; None while the client is behind, and when the connection ends."""
        if not self.writable.is_set() or self.close_sent or self.disconnected:
            return None
        return self.transport.write

    def write(self, frame: bytes) -> bool:
        """Sends a frame; False if that cannot be done at once."""
        write = self.writes
        if write is None:
            return False
        try:
            write(frame)
        except RuntimeError:  # closed, which will be heard in a moment
            return False
        return True

    async def room(self) -> None:
        """Waits until the client keeps up again, or has gone."""
        await self.writable.wait()
