"""The limit: Redis's messages to WebSocket clients over bare asyncio, with nothing in between.

`python -m tests.benchmarks.bare_relay REDIS_URL PREFIX`: a client of /NAME gets, as it is, what is
published on the channel PREFIX and NAME. It knows no snapshots, slow clients, pings or ends.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import sys
from collections import defaultdict
from typing import cast
from urllib.parse import urlsplit

import redis.asyncio
import uvloop

_ACCEPT = re.compile(rb"sec-websocket-key: *(\S+)", re.IGNORECASE)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

watchers: dict[bytes, set[asyncio.Transport]] = defaultdict(set)


def frame(text: bytes) -> bytes:
    """A text frame of a server."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


class Watcher(asyncio.Protocol):
    """One client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._name = b""

    def data_received(self, data: bytes) -> None:
        if self._name:
            return
        self._name = data.split()[1][1:]
        key = _ACCEPT.search(data)
        assert key is not None
        accepted = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n" + frame(b"{}")
        )
        watchers[self._name].add(self._transport)

    def connection_lost(self, _: Exception | None) -> None:
        watchers[self._name].discard(self._transport)


async def main(redis_url: str, prefix: str) -> None:
    """Serves until it is killed; says its port first."""
    server = await asyncio.get_running_loop().create_server(Watcher, "127.0.0.1", 0, backlog=2048)
    # RESP2 and the connection itself: the fastest way that redis-py has.
    port = urlsplit(redis_url).port or 6379
    connection = redis.asyncio.Connection(port=port, protocol=2, socket_timeout=None)
    await connection.connect()
    await connection.send_command("PSUBSCRIBE", prefix + "*")
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    while True:
        reply = await connection.read_response(disable_decoding=True)
        if reply[0] == b"pmessage":
            ready = frame(reply[3])
            for transport in watchers[reply[2][len(prefix) :]]:
                transport.write(ready)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2]))
