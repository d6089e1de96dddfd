"""Heartbeats for the clients that ask for them: whether this process receives updates from Redis,
or since when it does not. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from ..record import messages
from .hub import AT_ONCE
from .update import text_frame

#: Shortest and longest interval in seconds. A lost subscription is noticed within the shortest;
#: whole seconds keep the number of timers small.
SHORTEST_S: Final = 10
LONGEST_S: Final = 60


class Heartbeat(NamedTuple):
    """A heartbeat or stale message, as JSON text and as a WebSocket frame."""

    message: str
    frame: bytes
    alive: bool


class Subscribed(Protocol):
    """The owner of the Redis subscription."""

    @property
    def up_to_date(self) -> bool:
        """Whether Redis has answered a ping lately, and all missed updates were read."""

    @property
    def replied_at(self) -> datetime:
        """Time of Redis's last reply."""

    def now(self) -> datetime:
        """The store's time."""


Take = Callable[[Heartbeat], None]


class Heartbeats:
    """The receivers of heartbeats, and one timer per interval."""

    def __init__(self, subscribed: Subscribed) -> None:
        self._subscribed = subscribed
        self._takers: dict[float, dict[Take, None]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}

    def join(self, seconds: float, take: Take) -> None:
        """Calls `take` each so many seconds, and at once when the state changes. `take` must not
        wait, join or leave."""
        self._takers.setdefault(seconds, {})[take] = None
        if seconds not in self._timers:
            self._begin(seconds)

    def leave(self, seconds: float, take: Take) -> None:
        """Ends one `join`."""
        takers = self._takers.get(seconds, {})
        takers.pop(take, None)
        if not takers:
            self._takers.pop(seconds, None)
            if timer := self._timers.pop(seconds, None):
                timer.cancel()

    def heartbeat(self) -> Heartbeat:
        """The heartbeat to send now: stale while no updates are received."""
        alive = self._subscribed.up_to_date
        if alive:
            text = messages.heartbeat_message(self._subscribed.now())
        else:
            text = messages.stale_message(self._subscribed.replied_at)
        return Heartbeat(text.decode(), text_frame(text), alive)

    def changed(self) -> None:
        """Sends all receivers a heartbeat now."""
        heartbeat = self.heartbeat()
        for seconds, takers in self._takers.items():
            self._send(seconds, tuple(takers), heartbeat)

    def _begin(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[seconds] = loop.call_later(seconds, self._tick, seconds)

    def _tick(self, seconds: float) -> None:
        self._begin(seconds)
        self._send(seconds, tuple(self._takers[seconds]), self.heartbeat())

    def _send(self, seconds: float, takers: tuple[Take, ...], heartbeat: Heartbeat) -> None:
        """Sends a heartbeat to many receivers in several turns of the event loop, as the hub
        does."""
        still = self._takers.get(seconds, {})
        for take in takers[:AT_ONCE]:
            if take in still:
                take(heartbeat)
        if rest := takers[AT_ONCE:]:
            asyncio.get_running_loop().call_soon(self._send, seconds, rest, heartbeat)
