"""A load of HTTP requests that costs less than what it measures: raw keep-alive connections."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from time import perf_counter
from typing import cast

import uvloop

_DEADLINE_S = 60.0
_LENGTH = b"content-length: "


def get(path: str) -> bytes:
    """A GET request as it goes over the connection."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def load(port: int, requests: Sequence[bytes], count: int, connections: int) -> float:
    """Requests a second: `count` of them, taken in turn, over so many connections; each must be
    answered 200.

    A connection sends its next request when the last one was answered.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_load(port, requests, count, connections))


async def _load(port: int, requests: Sequence[bytes], count: int, connections: int) -> float:
    loop = asyncio.get_running_loop()
    left = islice(cycle(requests), count)
    clients = [_Client(left, loop.create_future()) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
    began = perf_counter()
    for client in clients:
        client.send()
    async with asyncio.timeout(_DEADLINE_S):
        await asyncio.gather(*(client.done for client in clients))
    seconds = perf_counter() - began
    for client in clients:
        client.transport.close()
    answered = sum(client.answered for client in clients)
    assert answered == count, f"{answered} of {count} requests were answered"
    return count / seconds


class _Client(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, left: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self._left = left
        self.done = done
        self.answered = 0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def send(self) -> None:
        """The next request, if one is left."""
        request = next(self._left, None)
        if request is None:
            self.done.set_result(None)
            return
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        answer = self._answer = self._answer + data
        head = answer.find(b"\r\n\r\n")
        if head < 0:
            return
        if not answer.startswith(b"HTTP/1.1 200 "):
            self._fail(f"answered {answer[:300]!r}")
            return
        start = answer.find(_LENGTH, 0, head) + len(_LENGTH)
        if len(answer) < head + 4 + int(answer[start : answer.index(b"\r", start)]):
            return
        self.answered += 1
        self._answer = b""
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"the server closed the connection: {error}")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))
