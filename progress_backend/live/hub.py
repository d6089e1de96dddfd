"""The receivers of each task's updates in this process. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..store.outage_log import OneAMinute

logger = logging.getLogger(__name__)

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

#: Receivers that get an item in one turn of the event loop: some milliseconds, if each writes to a
#: socket.
AT_ONCE = 500


class HubClosed(Exception):
    """The process shuts down; no more updates will come."""


@dataclass(slots=True)
class Counts:
    """Counts of the items that were put into mailboxes."""

    delivered: int = 0
    #: Replaced by a newer one before the receiver took them.
    dropped: int = 0


class Receiver(Protocol[T_contra]):
    """A receiver of a topic's items. Neither method may wait, join or leave. A receiver that raises
    hinders no other: it is closed, so that its client comes back for what it has missed."""

    def put(self, item: T_contra, /) -> None:
        """Gets a published item."""

    def close(self) -> None:
        """Called when no more items will come."""


class Mailbox(Generic[T]):
    """Holds the newest item for one receiver; an older one that was not taken is dropped."""

    __slots__ = ("_counts", "_newest", "_waiter", "code", "nudged")

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._newest: T | None = None
        self._waiter: asyncio.Future[None] | None = None
        #: The code with which it was closed; None: it was not.
        self.code: int | None = None
        #: Whether `nudge` was called; whoever takes that sets it back.
        self.nudged = False

    def nudge(self) -> None:
        """Ends a wait of `get` without an item."""
        self.nudged = True
        self._wake()

    def put(self, item: T) -> None:
        """Puts an item in, in place of an older one; never waits."""
        if self._newest is not None:
            self._counts.dropped += 1
        self._newest = item
        self._wake()

    def close(self, code: int = 0, reason: str = "") -> None:
        """Makes every `get` raise HubClosed once the newest item was taken."""
        if self.code is None:
            self.code = code
        self._wake()

    async def get(self) -> T | None:
        """Waits for an item and takes it out; None once `nudged` is set. One caller at a time.

        Raises:
            HubClosed: it was closed.
        """
        while True:
            if self._newest is not None:
                item, self._newest = self._newest, None
                self._counts.delivered += 1
                return item
            if self.code is not None:
                raise HubClosed
            if self.nudged:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@dataclass(slots=True)
class _Round(Generic[T]):
    """A published item, and the receivers that have it."""

    topic: str
    item: T
    receivers: tuple[Receiver[T], ...]
    given: int = 0


class Hub(Generic[T]):
    """Passes the items of a topic to all its receivers."""

    def __init__(self, counts: Counts | None = None) -> None:
        self.counts = counts or Counts()
        #: In the order of `add`, which is also that of their memory.
        self._topics: dict[str, dict[Receiver[T], None]] = {}
        #: Items that some receivers have not got yet.
        self._rounds: dict[str, _Round[T]] = {}
        self._closed = False
        self._line = OneAMinute()

    def add(self, topic: str, receiver: Receiver[T]) -> None:
        """Adds a receiver of the topic's items from now on."""
        if self._closed:
            receiver.close()
        self._topics.setdefault(topic, {})[receiver] = None

    def leave(self, topic: str, receiver: Receiver[T]) -> bool:
        """Removes a receiver; whether the topic has others."""
        receivers = self._topics.get(topic, {})
        receivers.pop(receiver, None)
        if not receivers:
            self._topics.pop(topic, None)
        return bool(receivers)

    def publish(self, topic: str, item: T) -> None:
        """Passes an item to all receivers of the topic.

        Very many receivers get it in several turns of the event loop, so that other work goes on
        meanwhile. A receiver that still waits for the item before gets the newer one instead, and
        before the others.
        """
        older = self._rounds.pop(topic, None)
        receivers = self._topics.get(topic, {})
        order = tuple(receivers)
        if older is not None:
            behind = {one: None for one in older.receivers[older.given :] if one in receivers}
            self.counts.dropped += len(behind)
            order = (*behind, *(one for one in order if one not in behind))
        round_ = self._rounds[topic] = _Round(topic, item, order)
        self._go_on(round_)

    def _go_on(self, round_: _Round[T]) -> None:
        if self._rounds.get(round_.topic) is not round_:
            return  # a newer item came
        still = self._topics.get(round_.topic, {})
        for receiver in round_.receivers[round_.given : round_.given + AT_ONCE]:
            if receiver in still:
                try:
                    receiver.put(round_.item)
                except Exception as error:  # one watcher's fault is not that of the others
                    self._failed(receiver, error)
        round_.given += AT_ONCE
        if round_.given < len(round_.receivers):
            asyncio.get_running_loop().call_soon(self._go_on, round_)
        else:
            del self._rounds[round_.topic]

    def _failed(self, receiver: Receiver[T], error: Exception) -> None:
        """Closes a receiver whose `put` has raised."""
        if self._line.passes():
            logger.error("a watcher of a task did not take an update and is closed", exc_info=error)
        try:
            receiver.close()
        except Exception:  # as broken as its `put`: the others' updates go on
            logger.debug("a watcher of a task could not be closed", exc_info=True)

    def listeners(self) -> int:
        """The number of receivers."""
        return sum(map(len, self._topics.values()))

    def close(self) -> None:
        """Closes every receiver, later ones too."""
        self._closed = True
        for receivers in self._topics.values():
            for receiver in receivers:
                receiver.close()
