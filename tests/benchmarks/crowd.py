"""Many WebSocket clients in one cheap process: raw sockets, so that the server is measured.

A marker, "#12#", stands in each message's text; clients look for it and answer pings, no more.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_BATCH = 100
_MASK = b"\0\0\0\0"
#: Seconds until a message or an answer that does not come fails the run.
_PATIENCE_S = 120.0


def marker(number: int) -> str:
    """What a message's text has to hold so that clients know it."""
    return f"#{number}#"


class Crowd:
    """The handle of a process with clients, a WebSocket each."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        #: Seconds from the first request to the last one's first message.
        self.took_s = float(self._answer())

    def last(self, number: int) -> None:
        """Begins to wait until every client has the message with this marker."""
        self._pipe.send(number)
        assert self._answer() == "armed"

    def lasted(self) -> int:
        """When the last one had it: nanoseconds of the system's monotonic clock."""
        return int(self._answer())

    def _answer(self) -> Any:
        assert self._pipe.poll(_PATIENCE_S), "the clients do not answer"
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def crowd(port: int, path: str, count: int, token: str = "") -> Iterator[Crowd]:
    """So many clients of a path that are connected and have had a first message each."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, port, path, count, token), daemon=True)
    process.start()
    try:
        yield Crowd(ours)
    finally:
        with contextlib.suppress(OSError):
            ours.send(None)
        process.join(20)
        process.kill()


def _run(pipe: Connection, port: int, path: str, count: int, token: str) -> None:
    try:
        began = time.monotonic()
        clients = _Clients(port, path, count, token)
        pipe.send(time.monotonic() - began)
        while (number := pipe.recv()) is not None:
            pipe.send("armed")
            pipe.send(clients.last(number))
    except Exception as error:
        pipe.send(error)


class _Clients:
    def __init__(self, port: int, path: str, count: int, token: str) -> None:
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        for opened_before in range(0, count, _BATCH):
            batch = range(min(_BATCH, count - opened_before))
            opened = [asked(port, path, token) for _ in batch]
            for one in opened:
                first_message(one)
                one.setblocking(False)
                self._sockets[one.fileno()] = one
                self._epoll.register(one.fileno(), select.EPOLLIN)

    def last(self, number: int) -> int:
        """Looks each millisecond: to be woken by each message would slow the one who sends."""
        wanted = marker(number).encode()
        missing = set(self._sockets)
        until = time.monotonic() + _PATIENCE_S
        while missing:
            for descriptor, _ in self._epoll.poll(0, len(self._sockets)):
                if wanted in self._read(descriptor):
                    missing.discard(descriptor)
            if missing:
                assert time.monotonic() < until, f"{len(missing)} clients miss {number}"
                time.sleep(0.001)
        return time.monotonic_ns()

    def _read(self, descriptor: int) -> bytes:
        one = self._sockets[descriptor]
        data = one.recv(1 << 16)
        assert data, "the server closed a connection"
        at = data.find(b"\x89\x04")  # a ping is no part of a message's text
        if at >= 0:
            one.send(b"\x8a\x84" + _MASK + data[at + 2 : at + 6])
        return data


def asked(port: int, path: str, token: str = "") -> socket.socket:
    """A connection that asked for a WebSocket."""
    one = socket.socket()
    one.settimeout(_PATIENCE_S)
    one.connect(("127.0.0.1", port))
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = (
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *([f"Authorization: Bearer {token}"] if token else []),
        "\r\n",
    )
    one.sendall("\r\n".join(request).encode())
    return one


def first_message(one: socket.socket) -> None:
    """Reads the answer to the handshake and one whole text frame."""
    data = b""
    while not (data.partition(b"\r\n\r\n")[2][:1] == b"\x81" and data.endswith(b"}")):
        more = one.recv(1 << 16)
        assert more, f"the server closed a connection: {data!r}"
        data += more
    assert data.startswith(b"HTTP/1.1 101"), data
