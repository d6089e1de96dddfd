"""Many WebSocket clients in one cheap process: raw sockets, so that the server is measured.

A marker, "#12#", stands in each message's text; clients look for it and answer pings, no more.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_BATCH = 100
MARKER = re.compile(rb"#(\d+)#")
_MASK = b"\0\0\0\0"
#: Seconds until a message or an answer that does not come fails the run.
_PATIENCE_S = 60.0


def marker(number: int) -> str:
    """What a message's text has to hold so that clients know it."""
    return f"#{number}#"


class Crowd:
    """The handle of a process with clients, a WebSocket for each path."""

    def __init__(self, pipe: Connection, pid: int) -> None:
        self._pipe = pipe
        self.pid = pid

    def last(self, number: int) -> None:
        """Begins to wait until every client has the message with this marker."""
        self._ask("last", number)
        assert self._answer() == "armed"

    def lasted(self) -> int:
        """When the last one had it: nanoseconds of the system's monotonic clock."""
        return int(self._answer())

    def listen(self) -> None:
        """Begins to note when each marker arrives."""
        self._ask("listen")
        assert self._answer() == "armed"

    def heard(self, last: int) -> list[tuple[int, int]]:
        """Markers and when they came, one a client and message, once all clients had `last`."""
        self._ask("heard", last)
        heard: list[tuple[int, int]] = self._answer()
        return heard

    def _ask(self, *what: object) -> None:
        self._pipe.send(what)

    def _answer(self) -> Any:
        assert self._pipe.poll(_PATIENCE_S), "the clients do not answer"
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def crowd(port: int, paths: Sequence[str]) -> Iterator[Crowd]:
    """Clients that are connected and have had a first message each."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, port, list(paths)), daemon=True)
    process.start()
    assert process.pid is not None
    handle = Crowd(ours, process.pid)
    try:
        assert handle._answer() == "connected"
        yield handle
    finally:
        with contextlib.suppress(OSError):
            ours.send(("end",))
        process.join(20)
        process.kill()


def _run(pipe: Connection, port: int, paths: list[str]) -> None:
    try:
        clients = _Clients(port, paths)
        pipe.send("connected")
        while (asked := pipe.recv())[0] != "end":
            if asked[0] == "last":
                pipe.send("armed")
                pipe.send(clients.last(asked[1]))
            elif asked[0] == "listen":
                pipe.send("armed")
                pipe.send(clients.listen(pipe))
    except Exception as error:
        pipe.send(error)


class _Clients:
    def __init__(self, port: int, paths: list[str]) -> None:
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        for start in range(0, len(paths), _BATCH):
            opened = [asked(port, path) for path in paths[start : start + _BATCH]]
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

    def listen(self, pipe: Connection) -> list[tuple[int, int]]:
        self._epoll.register(pipe.fileno(), select.EPOLLIN)
        heard: list[tuple[int, int]] = []
        newest = dict.fromkeys(self._sockets, -1)
        behind: set[int] = set(self._sockets)
        last: int | None = None
        while last is None or behind:
            ready = self._epoll.poll(_PATIENCE_S)
            assert ready, f"{len(behind)} clients miss {last}"
            for descriptor, _ in ready:
                if descriptor == pipe.fileno():
                    last = pipe.recv()[1]
                    behind = {one for one, number in newest.items() if number < last}
                    continue
                data = self._read(descriptor)
                now = time.monotonic_ns()
                for found in MARKER.findall(data):
                    newest[descriptor] = int(found)
                    heard.append((int(found), now))
                if last is not None and newest[descriptor] >= last:
                    behind.discard(descriptor)
        self._epoll.unregister(pipe.fileno())
        return heard

    def _read(self, descriptor: int) -> bytes:
        one = self._sockets[descriptor]
        data = one.recv(1 << 16)
        assert data, "the server closed a connection"
        at = data.find(b"\x89\x04")  # a ping is no part of a message's text
        if at >= 0:
            one.send(b"\x8a\x84" + _MASK + data[at + 2 : at + 6])
        return data


def asked(port: int, path: str, buffer: int | None = None) -> socket.socket:
    """A connection that asked for a WebSocket; `buffer` bytes wait in its kernel at most."""
    one = socket.socket()
    if buffer is not None:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
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
