"""The receivers of each task's updates in this process, and the watch of a task's channel, which is
subscribed while it has any. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from ..errors import ForeignValue, StoreUnavailable
from ..store.outage_log import OneAMinute
from .update import Update

logger = logging.getLogger(__name__)

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

#: Receivers that get an item in one turn of the event loop: some milliseconds, if each writes to a
#: socket.
AT_ONCE = 500
#: Longest wait for the confirmation of a subscription, before a client is refused.
SUBSCRIBE_S = 5.0


@dataclass(slots=True)
class DeliveryCounts:
    """Counts of the updates for clients."""

    delivered: int = 0
    #: Replaced by a newer one before they were sent.
    dropped: int = 0
    #: Lets one line a minute pass about receivers that raise.
    failures: OneAMinute = field(default_factory=OneAMinute)


class Receiver(Protocol[T_contra]):
    """A receiver of a topic's items. Neither method may wait, join or leave. A receiver that raises
    hinders no other: it is closed, so that its client comes back for what it has missed."""

    def put(self, item: T_contra, /) -> None:
        """Gets a published item."""

    def close(self) -> None:
        """Called when no more items will come."""


class Receivers(Generic[T]):
    """The receivers of one topic, each of which gets every item."""

    __slots__ = ("_behind", "_counts", "_receivers", "_turn")

    def __init__(self, counts: DeliveryCounts) -> None:
        self._counts = counts
        #: In the order of `add`, which is also that of their memory.
        self._receivers: dict[Any, Callable[[T], None]] = {}
        #: Receivers that have not got the newest item yet, and the turn in which the next get it.
        self._behind: list[Any] = []
        self._turn: asyncio.Handle | None = None

    def __len__(self) -> int:
        return len(self._receivers)

    def add(self, receiver: object, put: Callable[[T], None]) -> None:
        """Adds a receiver, and what is called with each item from now on."""
        self._receivers[receiver] = put

    def leave(self, receiver: object) -> None:
        """Removes a receiver."""
        self._receivers.pop(receiver, None)

    def publish(self, item: T) -> None:
        """Passes an item to all receivers.

        Very many receivers get it in several turns of the event loop, so that other work goes on
        meanwhile. A receiver that still waits for the item before gets the newer one instead, and
        before the others.
        """
        order = list(self._receivers)
        if self._turn is not None:
            self._turn.cancel()
            behind = {one: None for one in self._behind if one in self._receivers}
            self._counts.dropped += len(behind)
            order = [*behind, *(one for one in order if one not in behind)]
        self._give_on(item, order)

    def _give_on(self, item: T, receivers: list[Any]) -> None:
        for receiver in receivers[:AT_ONCE]:
            if (put := self._receivers.get(receiver)) is not None:
                try:
                    put(item)
                except Exception as error:  # one watcher's fault is not that of the others
                    self._failed(receiver, error)
        self._behind, self._turn = receivers[AT_ONCE:], None
        if self._behind:
            loop = asyncio.get_running_loop()
            self._turn = loop.call_soon(self._give_on, item, self._behind)

    def _failed(self, receiver: Any, error: Exception) -> None:
        """Closes a receiver after its `put` has raised."""
        if self._counts.failures.passes():
            logger.error(
                "a watcher of a task did not accept an update and is closed", exc_info=error
            )
        try:
            receiver.close()
        except Exception:  # as broken as its `put`: the others' updates go on
            logger.debug("a watcher of a task could not be closed", exc_info=True)

    def close(self) -> None:
        """Closes every receiver."""
        for receiver in self._receivers:
            receiver.close()


logger = logging.getLogger(__name__)


class Watch(Receivers[Update]):
    """The receivers of a task's updates; its channel is subscribed while there are any."""

    __slots__ = ("_logged", "confirmed_once", "current", "its_id", "subscribed")

    def __init__(self, its_id: str, counts: DeliveryCounts) -> None:
        super().__init__(counts)
        self.its_id = its_id
        #: Set while the subscription is confirmed: every later commit is received.
        self.subscribed = asyncio.Event()
        #: Whether it was confirmed over an earlier connection, so that messages in between were
        #: missed.
        self.confirmed_once = False
        #: Whether a message has come since the record's last read began.
        self.current = False
        self._logged = False

    def publish(self, item: Update) -> None:
        """Passes a message's update to all receivers."""
        self.current = True
        super().publish(item)

    def confirmed(self) -> None:
        """Called when the subscription is confirmed."""
        self.confirmed_once = True
        self.subscribed.set()

    def lost(self) -> None:
        """Called when the connection is lost."""
        self.subscribed.clear()

    def stop(self) -> None:
        """Called when it is not watched any more: no receiver waits for its subscription."""
        self.subscribed.set()

    def log_unreadable(self, where: str, error: ForeignValue) -> None:
        """Logs the first message of this channel that is no document."""
        if not self._logged:
            self._logged = True
            logger.warning("an update of %s is left out: %s", where, error)

    async def stands(self) -> None:
        """Waits until the subscription is confirmed.

        Raises:
            StoreUnavailable: Redis did not confirm the subscription in time.
        """
        if self.subscribed.is_set():
            return
        try:
            async with asyncio.timeout(SUBSCRIBE_S):
                await self.subscribed.wait()
        except TimeoutError:
            raise StoreUnavailable("the progress store does not confirm a subscription") from None
