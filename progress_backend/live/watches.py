"""The tasks and workflows that this process watches: which channels are wanted, and where their
messages go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..errors import ForeignValue
from ..operations import records
from ..store.async_store import AsyncStore
from .all_tasks import AllTasksWatch
from .receivers import DeliveryCounts, Receiver, Watch
from .subscription import Channel
from .update import Update
from .watched_workflow import WorkflowWatch

#: Documents in one read.
_BATCH: Final = 200


class Watches:
    """The watched channels, and the receivers of their messages."""

    def __init__(self, store: AsyncStore) -> None:
        self.counts: Final = DeliveryCounts()
        self._store = store
        #: Called with a channel that becomes wanted or unwanted, while there is a connection.
        self._change: Callable[[Channel], None] | None = None
        self._every = Channel(store.keys.every_channel, "P")
        self._by_channel: dict[Channel, Watch] = {}
        #: The channels that are to be subscribed.
        self.wanted: Final = self._by_channel.keys()
        #: Number of the connection, from 1 on.
        self.epoch = 0
        self._closed = False

    @property
    def watched(self) -> int:
        """The number of tasks and workflows that are watched one by one."""
        return len(self._by_channel) - (self._every in self._by_channel)

    @property
    def receivers(self) -> dict[str, int]:
        """The numbers of receivers: of single tasks and workflows, and of all tasks."""
        every = len(self._by_channel.get(self._every, ()))
        return {"task": sum(map(len, self._by_channel.values())) - every, "all_tasks": every}

    async def join(self, kind: str, its_id: str, receiver: Receiver[Update]) -> None:
        """Adds a receiver of the updates of a task, a workflow, or all tasks ("task", "workflow",
        or "all" for a `Follower`), and waits until their channel is confirmed.

        Raises:
            StoreUnavailable: Redis did not confirm the subscription in time.
        """
        channel = self.channel(kind, its_id)
        if (watch := self._by_channel.get(channel)) is None:
            watch = self._by_channel[channel] = self._made(kind, its_id)
            if self._change is not None:
                self._change(channel)
        if self._closed:
            receiver.close()
        watch.add(receiver, receiver.put)
        await watch.stands()

    def leave(self, kind: str, its_id: str, receiver: Receiver[Update]) -> None:
        """Removes a receiver; after the last one the channel is not wanted any more."""
        channel = self.channel(kind, its_id)
        if (watch := self._by_channel.get(channel)) is None:
            return
        watch.leave(receiver)
        if not watch:
            self._by_channel.pop(channel).stop()
            if self._change is not None:
                self._change(channel)

    def channel(self, kind: str, its_id: str) -> Channel:
        """The channel of a task, a workflow, or all tasks, as one node has it."""
        if kind == "all":
            return self._every
        keys = self._store.keys
        return Channel(keys.channel(its_id) if kind == "task" else keys.workflow_channel(its_id))

    def _made(self, kind: str, its_id: str) -> Watch:
        if kind == "workflow":
            return WorkflowWatch(its_id, self.counts, self._store, lambda: self.epoch)
        return AllTasksWatch(self.counts) if kind == "all" else Watch(its_id, self.counts)

    def begin(self, change: Callable[[Channel], None]) -> None:
        """Starts a new epoch, with the subscription that `change` makes."""
        self.epoch += 1
        self._change = change
        for channel in self._by_channel:
            change(channel)

    def lost(self) -> None:
        """Called when the connection is lost: no subscription is confirmed any more."""
        self._change = None
        for watch in self._by_channel.values():
            watch.lost()

    def confirmed(self, channel: Channel) -> None:
        """Called when a subscription is confirmed."""
        if (watch := self._by_channel.get(channel)) is not None:
            watch.confirmed()

    def received(self, channel: Channel, document: bytes) -> None:
        """Passes a message of a channel to the clients that watch the task."""
        watch = self._by_channel.get(channel)
        if watch is None:
            return
        if isinstance(watch, WorkflowWatch):
            watch.changed()
            return
        self._publish(watch, document, channel.name)

    def _publish(self, watch: Watch, document: bytes | None, where: str) -> None:
        try:
            update = Update.of(document, self.epoch, watch.its_id or None)
        except ForeignValue as error:
            watch.log_unreadable(where, error)
        else:
            watch.publish(update)

    async def catch_up(self) -> None:
        """Reads what is watched, and passes it on; messages that arrive meanwhile are newer.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        await self._store.ready()  # no request may: ends and heartbeats need its clock
        # The client of one that waits for its first confirmation reads after that.
        watches = [watch for watch in self._by_channel.values() if watch.confirmed_once]
        for watch in watches:
            await watch.stands()
            if isinstance(watch, WorkflowWatch):
                await watch.catch_up()
        tasks = [watch for watch in watches if type(watch) is Watch]
        for start in range(0, len(tasks), _BATCH):
            batch = tasks[start : start + _BATCH]
            for watch in batch:
                watch.current = False
            documents = await self._store.execute(records.read([one.its_id for one in batch]))
            for watch, document in zip(batch, documents, strict=True):
                if watch and not watch.current:
                    self._publish(watch, document, f"task {watch.its_id}")

    def close(self) -> None:
        """Closes every receiver, later ones too."""
        self._closed = True
        for watch in self._by_channel.values():
            watch.close()

    def stop(self) -> None:
        """Reads no workflow any more."""
        for watch in self._by_channel.values():
            watch.stop()
