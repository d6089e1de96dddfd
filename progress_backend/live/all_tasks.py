"""Updates of all tasks for the sockets that watch them through a filter. Pure asyncio, one event
loop."""

from __future__ import annotations

from typing import Final, Protocol

from ..operations.lists import Filters
from .hub import Receiver
from .update import Update

#: A task's status, type, symbol and owner.
Facets = tuple[str, str, str | None, str | None]
#: Lets every task pass.
ALL: Final = Filters()

#: Tasks whose last facets are kept, so that a task which leaves a filter is sent once more.
MOST_KNOWN: Final = 50_000


class Follower(Receiver[Update], Protocol):
    """A receiver of all tasks' updates."""

    def reload(self) -> None:
        """Called when updates were missed: the client has to read the list again. Must not wait,
        join or leave."""


def _passes(filters: Filters, facets: Facets) -> bool:
    status, task_type, symbol, owner = facets
    return (
        filters.status in (None, status)
        and filters.task_type in (None, task_type)
        and filters.symbol in (None, symbol)
        and filters.owner in (None, owner)
    )


class Feed:
    """Passes every task's updates to the receivers that joined."""

    def __init__(self) -> None:
        #: The filters of each, and what passes all that its client may see.
        self._followers: dict[Follower, tuple[Filters, Filters]] = {}
        self._known: dict[str, Facets] = {}
        self._closed = False

    def join(self, follower: Follower, filters: Filters, only: Filters = ALL) -> None:
        """Adds a receiver of the updates from now on that pass the filters, or leave them.

        `only`: what passes all that the client may see.
        """
        if self._closed:
            follower.close()
        self._followers[follower] = (filters, only)

    def leave(self, follower: Follower) -> bool:
        """Removes a receiver; whether others are left."""
        self._followers.pop(follower, None)
        if not self._followers:
            self._known.clear()
        return bool(self._followers)

    def publish(self, update: Update) -> None:
        """Passes an update to each receiver whose filter the task passes, or passed before.

        A task's earlier facets are not known at its first update here: unless the task is new, the
        update is sent to all.
        """
        if update.message is None:
            return
        facets = update.facets
        before = self._known.pop(update.task_id, None)
        self._known[update.task_id] = facets
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        for follower, (filters, only) in self._followers.items():
            passed = _passes(filters, before) if before else update.revision > 1
            if (passed or _passes(filters, facets)) and (only is ALL or _passes(only, facets)):
                follower.put(update)

    def reload(self) -> None:
        """Makes every client read the list again, since updates were missed."""
        self._known.clear()
        for follower in self._followers:
            follower.reload()

    def listeners(self) -> int:
        """The number of receivers."""
        return len(self._followers)

    def close(self) -> None:
        """Closes every receiver, later ones too."""
        self._closed = True
        for follower in self._followers:
            follower.close()
