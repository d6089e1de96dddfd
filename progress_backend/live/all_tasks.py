"""Updates of all tasks for the sockets that watch them through a filter. Pure asyncio, one event
loop."""

from __future__ import annotations

from typing import Final, Protocol

from ..operations.index_entry import Facets
from ..operations.lists import Filters
from .receivers import DeliveryCounts, Receiver, Watch
from .update import Update

#: Lets every task pass.
ALL: Final = Filters()

#: Tasks with kept facets, so that a task which leaves a filter is sent once more.
MOST_KNOWN: Final = 50_000


class Follower(Receiver[Update], Protocol):
    """A receiver of all tasks' updates."""

    @property
    def filters(self) -> Filters:
        """The updates that it gets: of tasks that pass these, or leave them."""

    @property
    def only(self) -> Filters:
        """What passes all that its client may see."""

    @property
    def values(self) -> bool:
        """Whether it gets each value of a task, not only new tasks and other statuses."""

    def reload(self) -> None:
        """Called when updates were missed: the client has to read the list again. Must not wait,
        join or leave."""


class AllTasksWatch(Watch):
    """The receivers of every task's updates."""

    __slots__ = ("_known",)

    def __init__(self, counts: DeliveryCounts) -> None:
        super().__init__("", counts)
        self._known: dict[str, Facets] = {}

    def publish(self, item: Update) -> None:
        """Passes an update to each receiver with a filter that the task passes, or passed before.

        A task's earlier facets are not known at its first update here: unless the task is new, the
        update is sent to all.
        """
        if item.message is None:
            return
        facets = item.facets
        before = self._known.pop(item.task_id, None)
        self._known[item.task_id] = facets
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        follower: Follower
        for follower in self._receivers:
            filters, only = follower.filters, follower.only
            passed = filters.passes(before) if before else item.revision > 1
            if before and before.status == facets.status and not follower.values:
                continue
            if (passed or filters.passes(facets)) and (only is ALL or only.passes(facets)):
                follower.put(item)

    def confirmed(self) -> None:
        """See `Watch`."""
        if self.confirmed_once and not self.subscribed.is_set():
            # Here, not a turn of the loop later: a client that connects now has missed nothing.
            self._reload()
        super().confirmed()

    def lost(self) -> None:
        """See `Watch`; the clients notice at once if the store does not answer."""
        super().lost()
        self._reload()

    def _reload(self) -> None:
        """Makes every client read the list again, since updates were missed."""
        self._known.clear()
        follower: Follower
        for follower in self._receivers:
            follower.reload()
