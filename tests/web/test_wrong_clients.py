"""WebSocket clients that do not keep to the protocol, or to good manners: bounded, logged once."""

import asyncio
import base64
import contextlib
import logging
import os
import select
import socket
import struct
import time

import psutil
import pytest

from progress_backend.store.outage_log import OneAMinute
from progress_backend.web.server import websocket_connection
from tests.waiting import aeventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

#: What such a client sends, in bytes, as long as it is taken.
MOST = 20_000_000
#: What asyncio reads at once.
READ_AT_ONCE = 256 * 1024
TEXT, BINARY, CONTINUATION, CLOSE, PING = 1, 2, 0, 8, 9


@pytest.fixture(autouse=True)
def not_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test catches the first line."""
    monkeypatch.setattr(websocket_connection, "_warnings", OneAMinute())


def frame(kind: int, payload: bytes = b"", *, last: bool = True, mask: bool = True) -> bytes:
    size, masked = len(payload), 0x80 if mask else 0
    head = bytes([(0x80 if last else 0) | kind])
    head += (
        bytes([masked | size]) if size < 126 else bytes([masked | 126]) + struct.pack("!H", size)
    )
    return head + (b"\0\0\0\0" if mask else b"") + payload


def shaken(port: int, path: str, more: bytes = b"") -> socket.socket:
    """A connection after its handshake was sent; its kernel takes little."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16))
    one.sendall(
        b"GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n" % (path.encode(), key, more)
    )
    return one


def opened(port: int, path: str) -> socket.socket:
    """The same once it is answered: what comes before that is dropped."""
    one, got = shaken(port, path), b""
    while not got.endswith(b"\r\n\r\n"):
        got += one.recv(1)
    return one


def answered(one: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    got = b""
    one.settimeout(60)
    with contextlib.suppress(ConnectionError):
        while data := one.recv(65_536):
            got += data
    return got


def paths(api: RunningApi) -> list[str]:
    return [f"/internal/ws/task/{api.create()}", "/internal/ws/watch"]


def test_a_client_that_sends_and_never_reads(api: RunningApi) -> None:
    """What it makes the server send waits; then what it sends waits, too."""
    chunk = frame(PING, b"x" * 125) * 450
    for path in paths(api):
        before, sent, unsent = psutil.Process().memory_info().rss, 0, 0
        with contextlib.closing(opened(api.port, path)) as one:
            one.settimeout(1)
            while sent < MOST and not unsent:
                with contextlib.suppress(TimeoutError):
                    while sent < MOST:
                        sent += one.send(chunk[sent % len(chunk) :])
                unsent = api.unsent()  # none: a busy machine has not read it yet
        grown = psutil.Process().memory_info().rss - before
        assert grown < MOST / 2, (path, sent, grown)
        assert sent < MOST, f"{path} was read on"
        assert 0 < unsent <= READ_AT_ONCE, "no more than the answers to what was read at once"


def test_one_that_was_not_read_is_read_again_once_it_takes_what_is_sent(api: RunningApi) -> None:
    path = paths(api)[0]
    with contextlib.closing(opened(api.port, path)) as one:
        one.settimeout(1)
        pings, sent = frame(PING, b"x" * 125) * 200, 0
        with contextlib.suppress(TimeoutError):
            while sent < MOST:
                sent += one.send(pings[sent % len(pings) :])
        assert sent < MOST, "it was read on"
        waits, got, deadline = pings[sent % len(pings) :], b"", time.monotonic() + 60
        while b"the last" not in got:
            assert time.monotonic() < deadline, "no pong"
            waits = waits or frame(PING, b"the last")
            reads, writes, _ = select.select([one], [one], [], 1)
            if reads:
                got = got[-100:] + one.recv(1_000_000)
            if writes:
                waits = waits[one.send(waits) :]


def test_a_message_in_endless_parts(api: RunningApi) -> None:
    for path in paths(api):
        with contextlib.closing(opened(api.port, path)) as one:
            with contextlib.suppress(ConnectionError):
                one.sendall(frame(TEXT, last=False) + frame(CONTINUATION, last=False) * 5_000)
            got = answered(one)
            assert struct.pack("!H", 1009) + b"too many parts" in got, path


WRONG = {
    "no UTF-8": (frame(TEXT, b"\xff\xfe"), 1007),
    "no mask": (frame(TEXT, b"x", mask=False), 1002),
    "no such kind": (frame(3, b"x"), 1002),
    "nothing to continue": (frame(CONTINUATION, b"x"), 1002),
    "too long": (frame(BINARY, b"x" * 20_000), 1009),
    "a long ping": (frame(PING, b"x" * 200), 1002),
    "a close without a code": (frame(CLOSE, b"\0"), 1002),
    "a close of nonsense": (frame(CLOSE, b"\3\xe8\xff"), 1007),
}


async def test_wrong_frames_write_a_line_a_minute(
    start_api: StartApi, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    api = start_api(redis_url=redis_url)
    both = paths(api)
    api.http.close()  # its connection would be kept for five seconds
    for path in both:
        for name, (wrong, code) in WRONG.items():
            if "/task/" in path and name != "no mask":
                continue  # what a client says there is not even looked at, and the rest is alike
            one = await asyncio.to_thread(opened, api.port, path)
            with contextlib.closing(one):
                one.sendall(wrong)
                got = await asyncio.to_thread(answered, one)
            assert struct.pack("!H", code) in got, (path, name, got[-60:])
    await aeventually(lambda: api.connections() == 0)
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    lines = [record.getMessage() for record in warnings]
    assert len(lines) == 1, lines
    assert lines[0].startswith("a WebSocket client sent a wrong frame, its connection is closed: ")
    assert warnings[0].exc_info is None


def test_a_handshake_that_is_too_large_is_answered(api: RunningApi) -> None:
    for more in (
        b"X: " + b"x" * 70_000 + b"\r\n",
        b"".join(b"X-%d: y\r\n" % n for n in range(300)),
    ):
        with contextlib.closing(shaken(api.port, "/internal/ws/tasks", more)) as one:
            assert answered(one).startswith(b"HTTP/1.1 431 ")
