"""The subscriptions of one Redis connection, which follow the wanted channels; it never reconnects.

redis-py's own PubSub reconnects without a notice; messages that were published in between would be
missed. Here a lost connection is an error.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Container
from typing import Any, Literal, NamedTuple

import redis.exceptions
from redis.asyncio.connection import AbstractConnection

from ..store.resp import Replies
from .ending import until_one_ends

#: Channels in one command.
_BATCH = 500
#: Bytes that are read at once.
_READ = 64 * 1024
#: Longest wait for tasks that still use a lost connection.
END_S = 1.0

Kind = Literal["", "P"]
_KINDS: dict[bytes, Kind] = {b"subscribe": "", b"psubscribe": "P"}


class Channel(NamedTuple):
    """A channel, or a pattern of channels (P)."""

    name: str
    #: Prefix of SUBSCRIBE and UNSUBSCRIBE.
    kind: Kind = ""


class Subscription:
    """Keeps one connection's subscriptions in line with `wanted`.

    `confirmed(channel)` is called when every later message of a channel will be received,
    `received(channel, payload)` for each message. Both must not wait. The server gets a PING at
    first and after `ping_s` without a reply; after so much more it counts as unreachable.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        *,
        wanted: Container[Channel],
        confirmed: Callable[[Channel], None],
        received: Callable[[Channel, bytes], None],
        ping_s: float,
    ) -> None:
        self._connection = connection
        self._wanted = wanted
        self._confirmed = confirmed
        self._received = received
        self._ping_s = ping_s
        self._subscribed: set[Channel] = set()
        #: SUBSCRIBEs without a reply: only the last one's reply confirms the subscription.
        self._unconfirmed: Counter[Channel] = Counter()
        self._changed: dict[Channel, None] = {}
        self._ping = False
        #: Monotonic time of the server's last reply; None before the first.
        self.replied_at: float | None = None
        self._something = asyncio.Event()

    def change(self, channel: Channel) -> None:
        """Called when a channel became wanted or unwanted."""
        self._changed[channel] = None
        self._something.set()

    async def run(self) -> None:
        """Subscribes and receives messages; ends only by raising.

        Raises:
            RedisError, OSError: the connection is lost.
        """
        await until_one_ends(END_S, self._write(), self._read(), self._ask_in_silence())

    async def _write(self) -> None:
        """The only writer. A channel that is wanted and unwanted between two writes is not sent."""
        while True:
            await self._something.wait()
            self._something.clear()
            changed, self._changed = self._changed, {}
            joined, left = [], []
            for channel in changed:
                if channel not in self._wanted:
                    if channel in self._subscribed:
                        left.append(channel)
                elif channel not in self._subscribed:
                    joined.append(channel)
                elif not self._unconfirmed[channel]:  # left and joined again between two writes
                    self._confirmed(channel)
            self._subscribed.difference_update(left)
            self._subscribed.update(joined)
            self._unconfirmed.update(joined)
            await self._send("UNSUBSCRIBE", left)
            await self._send("SUBSCRIBE", joined)
            if self._ping:
                self._ping = False
                await self._connection.send_command("PING", check_health=False)

    async def _send(self, verb: str, channels: list[Channel]) -> None:
        kinds: dict[str, list[str]] = {}
        for channel in channels:
            kinds.setdefault(channel.kind, []).append(channel.name)
        for kind, names in kinds.items():
            for start in range(0, len(names), _BATCH):
                batch = names[start : start + _BATCH]
                await self._connection.send_command(kind + verb, *batch, check_health=False)

    async def _read(self) -> None:
        # Reads past redis-py's parser: nothing else awaits a reply on a subscribed connection.
        stream, replies = self._connection._reader, Replies()
        assert stream is not None, "not connected"
        while data := await stream.read(_READ):
            self.replied_at = time.monotonic()
            for reply in replies.feed(data):
                if isinstance(reply, redis.exceptions.RedisError):
                    raise reply
                if isinstance(reply, list):
                    self._take(*reply)
        raise redis.exceptions.ConnectionError("the server closed the connection")

    async def _ask_in_silence(self) -> None:
        while True:
            asked_at = time.monotonic()
            self._ping = True
            self._something.set()
            await asyncio.sleep(self._ping_s)
            if self.replied_at is None or self.replied_at < asked_at:
                raise redis.exceptions.ConnectionError(f"no answer for {self._ping_s:g} s")
            await asyncio.sleep(max(0, self.replied_at + self._ping_s - time.monotonic()))

    def _take(self, what: Any, name: Any, *rest: Any) -> None:
        if what == b"message":
            self._received(Channel(name.decode()), rest[0])
        elif what == b"pmessage":
            self._received(Channel(name.decode(), "P"), rest[1])
        elif what in _KINDS:
            self._stands(Channel(name.decode(), _KINDS[what]))

    def _stands(self, channel: Channel) -> None:
        self._unconfirmed[channel] -= 1
        if self._unconfirmed[channel] <= 0:
            del self._unconfirmed[channel]
            if channel in self._subscribed:
                self._confirmed(channel)
