"""The receivers of each task's updates in this process. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from ..store.outage_log import OneAMinute

logger = logging.getLogger(__name__)

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

#: Receivers that get an item in one turn of the event loop: some milliseconds, if each writes to a
#: socket.
AT_ONCE = 500


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
