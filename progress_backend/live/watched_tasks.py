"""The tasks and workflows that this process watches: which channels are wanted, and where their
messages go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from ..errors import ForeignValue, StoreUnavailable
from ..operations import records
from ..operations.lists import Filters
from ..store.drivers import AsyncStore
from .all_tasks import ALL, Feed, Follower
from .hub import Hub, Receiver
from .subscription import Channel
from .update import Update
from .watched_workflows import WatchedWorkflows

logger = logging.getLogger(__name__)

#: Longest wait for the confirmation of a subscription, before a client is refused.
SUBSCRIBE_S = 5.0
#: Documents in one read.
_BATCH = 200


class Watch:
    """A task or a workflow that is watched in this process; without an id, all tasks."""

    __slots__ = ("_logged", "epoch", "stood", "subscribed", "task_id", "workflow_id")

    def __init__(self, task_id: str | None, workflow_id: str | None = None) -> None:
        self.task_id = task_id
        self.workflow_id = workflow_id
        #: Set while the subscription is confirmed: every later commit is received.
        self.subscribed = asyncio.Event()
        #: Whether it was confirmed over an earlier connection, so that messages in between were
        #: missed.
        self.stood = False
        #: Epoch of the last message.
        self.epoch = 0
        self._logged = False

    def strange(self, where: str, error: ForeignValue) -> None:
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


class Watches:
    """The watched channels, and the receivers of their messages."""

    def __init__(self, store: AsyncStore, hub: Hub[Update], feed: Feed) -> None:
        self._store = store
        self._hub = hub
        self._feed = feed
        #: Called with a channel that becomes wanted or unwanted, while there is a connection.
        self._change: Callable[[Channel], None] | None = None
        self._zone = store.settings.zone()
        self._every = Channel(store.keys.every_channel, "P")
        self._by_channel: dict[Channel, Watch] = {}
        #: The last document and its update: with a task's channel and the pattern subscribed each
        #: message comes twice.
        self._last: tuple[bytes, Update] | None = None
        #: Number of the connection, from 1 on.
        self.epoch = 0
        self.workflows = WatchedWorkflows(store, hub, lambda: self.epoch)

    def __contains__(self, channel: object) -> bool:
        return channel in self._by_channel

    @property
    def watched(self) -> int:
        """The number of tasks and workflows that are watched one by one."""
        return len(self._by_channel) - (self._every in self._by_channel)

    async def join(self, task_id: str, receiver: Receiver[Update]) -> None:
        """Adds a receiver of a task's updates, and waits until their channel is confirmed.

        Raises:
            StoreUnavailable: Redis did not confirm the subscription in time.
        """
        self._hub.add(task_id, receiver)
        await self._subscribed(self._channel(task_id), task_id)

    def leave(self, task_id: str, receiver: Receiver[Update]) -> None:
        """Removes a receiver; after the last one the channel is not wanted any more."""
        if not self._hub.leave(task_id, receiver):
            self._forget(self._channel(task_id))

    async def join_workflow(self, workflow_id: str, receiver: Receiver[Update]) -> None:
        """Adds a receiver of a workflow's updates, as `join` does of a task's; raises as `join`."""
        self.workflows.add(workflow_id, receiver)
        await self._subscribed(self._workflow_channel(workflow_id), None, workflow_id)

    def leave_workflow(self, workflow_id: str, receiver: Receiver[Update]) -> None:
        """Removes a receiver; after the last one the channel is not wanted any more."""
        if not self.workflows.leave(workflow_id, receiver):
            self._forget(self._workflow_channel(workflow_id))

    async def join_all(self, follower: Follower, filters: Filters, only: Filters = ALL) -> None:
        """Adds a receiver of all tasks' updates, as `Feed.join` does; raises as `join`."""
        self._feed.join(follower, filters, only)
        await self._subscribed(self._every, None)

    def leave_all(self, follower: Follower) -> None:
        """Removes a receiver; after the last one the channels are not wanted any more."""
        if not self._feed.leave(follower):
            self._forget(self._every)

    async def _subscribed(
        self, channel: Channel, task_id: str | None, workflow_id: str | None = None
    ) -> None:
        watch = self._by_channel.get(channel)
        if watch is None:
            watch = self._by_channel[channel] = Watch(task_id, workflow_id)
            self._changed(channel)
        await watch.stands()

    def _forget(self, channel: Channel) -> None:
        # Set, so that `catch_up` does not wait for a channel that is not watched any more.
        self._by_channel.pop(channel).subscribed.set()
        self._changed(channel)

    def _changed(self, channel: Channel) -> None:
        if self._change is not None:
            self._change(channel)

    def _channel(self, task_id: str) -> Channel:
        return Channel(self._store.keys.channel(task_id))

    def _workflow_channel(self, workflow_id: str) -> Channel:
        return Channel(self._store.keys.workflow_channel(workflow_id))

    def begin(self, change: Callable[[Channel], None]) -> tuple[Watch, ...]:
        """Begins a new epoch, whose subscription `change` changes; returns the watches whose tasks
        have to be read again."""
        self.epoch += 1
        self._last = None
        self._change = change
        for channel in self._by_channel:
            self._changed(channel)
        # A watch that waits for its first confirmation has missed nothing: its client reads after
        # that.
        return tuple(watch for watch in self._by_channel.values() if watch.stood)

    def lost(self) -> None:
        """Called when the connection is lost: no subscription is confirmed any more."""
        self._change = None
        for watch in self._by_channel.values():
            watch.subscribed.clear()
        self._feed.reload()  # so that the clients notice at once if the store does not answer

    def confirmed(self, channel: Channel) -> None:
        """Called when a subscription is confirmed."""
        if watch := self._by_channel.get(channel):
            if watch is self._by_channel.get(self._every) and (
                watch.stood and not watch.subscribed.is_set()
            ):
                # Here, not a turn of the loop later: a client that connects now has missed nothing.
                self._feed.reload()
            watch.stood = True
            watch.subscribed.set()

    def received(self, channel: Channel, document: bytes) -> None:
        """Passes a message of a channel to the clients that watch the task."""
        watch = self._by_channel.get(channel)
        if watch is None:
            return
        if watch.workflow_id is not None:
            self.workflows.changed(watch.workflow_id)
            return
        try:
            if self._last is None or self._last[0] != document:
                self._last = (document, Update.of(document, self.epoch, self._zone))
            if watch.task_id not in (None, self._last[1].task_id):
                raise ForeignValue(watch.task_id, "it is another task's")
        except ForeignValue as error:
            watch.strange(channel.name, error)
            return
        if watch.task_id is None:
            self._feed.publish(self._last[1])
        else:
            watch.epoch = self.epoch
            self._hub.publish(watch.task_id, self._last[1])

    async def catch_up(self, watches: Iterable[Watch]) -> None:
        """Reads everything that was watched before; messages that arrived since are newer.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        tasks: list[tuple[str, Watch]] = []
        for watch in watches:
            await watch.stands()
            if watch.task_id is not None:
                tasks.append((watch.task_id, watch))
            elif watch.workflow_id is not None:
                await self.workflows.catch_up(watch.workflow_id)
        for start in range(0, len(tasks), _BATCH):
            batch = dict(tasks[start : start + _BATCH])
            documents = await self._store.execute(records.read(tuple(batch)))
            for (task_id, watch), document in zip(batch.items(), documents, strict=True):
                current = self._by_channel.get(self._channel(task_id)) is watch
                if current and watch.epoch < self.epoch:
                    try:
                        update = Update.of(document, self.epoch, self._zone, task_id)
                    except ForeignValue as error:
                        watch.strange(f"task {task_id}", error)
                    else:
                        self._hub.publish(task_id, update)
