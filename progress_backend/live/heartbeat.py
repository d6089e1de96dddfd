"""Heartbeats for the clients that ask for them: whether this process receives updates from Redis,
or since when it does not. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Self

from ..record import messages
from .receivers import DeliveryCounts, Receivers
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

    @classmethod
    def of(cls, alive: bool, time: datetime) -> Self:
        """The heartbeat at a time; or that no updates are received since then."""
        text = (messages.heartbeat_message if alive else messages.stale_message)(time)
        return cls(text.decode(), text_frame(text), alive)


Take = Callable[[Heartbeat], None]


class Heartbeats:
    """The receivers of heartbeats, and one timer per interval."""

    def __init__(self, heartbeat: Callable[[], Heartbeat]) -> None:
        #: The heartbeat to send now.
        self.heartbeat: Final = heartbeat
        self._counts = DeliveryCounts()
        self._takers: dict[float, Receivers[Heartbeat]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}

    def join(self, seconds: float, take: Take) -> None:
        """Calls `take` each so many seconds, and at once when the state changes. `take` must not
        wait, join or leave."""
        if seconds not in self._takers:
            self._takers[seconds] = Receivers(self._counts)
            self._begin(seconds)
        self._takers[seconds].add(take, take)

    def leave(self, seconds: float, take: Take) -> None:
        """Ends one `join`."""
        if (takers := self._takers.get(seconds)) is not None:
            takers.leave(take)
            if not takers:
                del self._takers[seconds]
                self._timers.pop(seconds).cancel()

    def changed(self) -> None:
        """Sends all receivers a heartbeat now."""
        heartbeat = self.heartbeat()
        for takers in self._takers.values():
            takers.publish(heartbeat)

    def _begin(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[seconds] = loop.call_later(seconds, self._tick, seconds)

    def _tick(self, seconds: float) -> None:
        self._begin(seconds)
        self._takers[seconds].publish(self.heartbeat())
