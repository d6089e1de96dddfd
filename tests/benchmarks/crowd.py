"""Many WebSocket clients in one cheap process: raw sockets, so that the server is measured."""

import contextlib
import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

_BATCH = 100
#: Seconds until a message or an answer that does not come fails the run.
_PATIENCE_S = 120.0


@contextmanager
def crowd(port: int, path: str, count: int, token: str = "") -> Iterator[float]:
    """So many clients of a path that are connected and have had a first message each; the seconds
    from the first one's request to the last one's message."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, port, path, count, token), daemon=True)
    process.start()
    try:
        assert ours.poll(_PATIENCE_S), "the clients do not answer"
        took_s = ours.recv()
        if isinstance(took_s, Exception):
            raise took_s
        yield took_s
    finally:
        with contextlib.suppress(OSError):
            ours.send(None)
        process.join(20)
        process.kill()


def _run(pipe: Connection, port: int, path: str, count: int, token: str) -> None:
    try:
        began, clients = time.monotonic(), list[socket.socket]()
        for opened_before in range(0, count, _BATCH):
            batch = range(min(_BATCH, count - opened_before))
            opened = [asked(port, path, token) for _ in batch]
            for one in opened:
                first_message(one)
            clients += opened
        pipe.send(time.monotonic() - began)
        pipe.recv()
    except Exception as error:
        pipe.send(error)


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
