"""Tells, each interval, those who ask for it that this process hears Redis; or since when it does
not. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from ..record import task_json
from .hub import AT_ONCE
from .update import text_frame

#: Seconds that may be asked for. A lost subscription shows within the shortest: sooner, silence
#: would say nothing. In whole seconds, so that there are few timers, however many ask.
SHORTEST_S: Final = 10
LONGEST_S: Final = 60


class Heartbeat(NamedTuple):
    """A sign of life, or of none; its JSON text, also as a frame that is ready to be sent."""

    message: str
    frame: bytes
    alive: bool


class Subscribed(Protocol):
    """Whoever has the subscription."""

    @property
    def hears(self) -> bool:
        """Whether it has answered a ping of late, and all that was missed is made up for."""

    @property
    def heard_at(self) -> datetime:
        """When it last said anything."""

    def now(self) -> datetime:
        """The store's time."""


Take = Callable[[Heartbeat], None]


class Heartbeats:
    """Who asked, and the timers: one an interval."""

    def __init__(self, subscribed: Subscribed) -> None:
        self._subscribed = subscribed
        self._takers: dict[float, dict[Take, None]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}

    def join(self, seconds: float, take: Take) -> None:
        """Calls `take` each so many seconds, and at once when the answer changes. It may not
        wait, join or leave."""
        self._takers.setdefault(seconds, {})[take] = None
        if seconds not in self._timers:
            self._begin(seconds)

    def leave(self, seconds: float, take: Take) -> None:
        """To be called once for each `join`."""
        takers = self._takers.get(seconds, {})
        takers.pop(take, None)
        if not takers:
            self._takers.pop(seconds, None)
            if timer := self._timers.pop(seconds, None):
                timer.cancel()

    def heartbeat(self) -> Heartbeat:
        """What there is to say now."""
        alive = self._subscribed.hears
        if alive:
            text = task_json.heartbeat_message(self._subscribed.now())
        else:
            text = task_json.stale_message(self._subscribed.heard_at)
        return Heartbeat(text.decode(), text_frame(text), alive)

    def changed(self) -> None:
        """Tells all of them now."""
        heartbeat = self.heartbeat()
        for seconds, takers in self._takers.items():
            self._tell(seconds, tuple(takers), heartbeat)

    def _begin(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[seconds] = loop.call_later(seconds, self._tick, seconds)

    def _tick(self, seconds: float) -> None:
        self._begin(seconds)
        self._tell(seconds, tuple(self._takers[seconds]), self.heartbeat())

    def _tell(self, seconds: float, takers: tuple[Take, ...], heartbeat: Heartbeat) -> None:
        """Many are told in turns of the event loop, as the hub does."""
        still = self._takers.get(seconds, {})
        for take in takers[:AT_ONCE]:
            if take in still:
                take(heartbeat)
        if rest := takers[AT_ONCE:]:
            asyncio.get_running_loop().call_soon(self._tell, seconds, rest, heartbeat)
