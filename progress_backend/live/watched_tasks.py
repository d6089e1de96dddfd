"""What this process watches: says what to subscribe to, and gives what comes to hub and feed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from ..errors import ForeignValue, StoreUnavailable
from ..flows import commands as c
from ..store.drivers import AsyncStore
from .all_tasks import Feed, Inbox
from .hub import Hub, Receiver
from .subscription import Channel
from .update import Update

logger = logging.getLogger(__name__)

#: Longest wait until a subscription stands, before a watcher is turned away.
SUBSCRIBE_S = 5.0
#: Documents in one read.
_BATCH = 200


class Watch:
    """A task that somebody in this process watches; without an id, all tasks."""

    __slots__ = ("_told", "heard", "stood", "subscribed", "task_id")

    def __init__(self, task_id: str | None) -> None:
        self.task_id = task_id
        #: The subscription stands: whatever is committed from now on will be heard.
        self.subscribed = asyncio.Event()
        #: It stood before, over an earlier connection: what came in between was missed.
        self.stood = False
        #: Epoch of the last message.
        self.heard = 0
        self._told = False

    def strange(self, where: str, error: ForeignValue) -> None:
        """Says once what came that is no document."""
        if not self._told:
            self._told = True
            logger.warning("an update of %s is left out: %s", where, error)

    async def stands(self) -> None:
        """Waits for the subscription.

        Raises:
            StoreUnavailable: Redis did not confirm it in time.
        """
        if self.subscribed.is_set():
            return
        try:
            async with asyncio.timeout(SUBSCRIBE_S):
                await self.subscribed.wait()
        except TimeoutError:
            raise StoreUnavailable("the progress store does not confirm a subscription") from None


class Watches:
    """`changed(channel)` is called when a channel becomes wanted or unwanted."""

    def __init__(
        self,
        store: AsyncStore,
        hub: Hub[Update],
        feed: Feed,
        changed: Callable[[Channel], None],
    ) -> None:
        self._store = store
        self._hub = hub
        self._feed = feed
        self._changed = changed
        self._zone = store.settings.zone()
        self._every = Channel(store.keys.every_channel, "P")
        self._by_channel: dict[Channel, Watch] = {}
        #: The last document and its update: who is subscribed twice hears each of them twice.
        self._last: tuple[bytes, Update] | None = None
        #: Number of the connection, from 1 on.
        self.epoch = 0

    def __contains__(self, channel: object) -> bool:
        return channel in self._by_channel

    @property
    def watched(self) -> int:
        """How many tasks are watched one by one."""
        return len(self._by_channel) - (self._every in self._by_channel)

    async def join(self, task_id: str, receiver: Receiver[Update]) -> None:
        """See `Listener.join`."""
        self._hub.add(task_id, receiver)
        await self._subscribed(self._channel(task_id), task_id)

    def leave(self, task_id: str, receiver: Receiver[Update]) -> None:
        """See `Listener.leave`."""
        if not self._hub.leave(task_id, receiver):
            self._forget(self._channel(task_id))

    @asynccontextmanager
    async def all(self, filters: c.Filters, *, reloads: bool) -> AsyncIterator[Inbox]:
        """See `Listener.watching_all`."""
        inbox = self._feed.join(filters, reloads=reloads)
        try:
            await self._subscribed(self._every, None)
            inbox.clear()  # whoever begins now reads the list now
            yield inbox
        finally:
            if not self._feed.leave(inbox):
                self._forget(self._every)

    async def _subscribed(self, channel: Channel, task_id: str | None) -> None:
        watch = self._by_channel.get(channel)
        if watch is None:
            watch = self._by_channel[channel] = Watch(task_id)
            self._changed(channel)
        await watch.stands()

    def _forget(self, channel: Channel) -> None:
        # Set, so that catching up does not wait for what nobody watches any more.
        self._by_channel.pop(channel).subscribed.set()
        self._changed(channel)

    def _channel(self, task_id: str) -> Channel:
        return Channel(self._store.keys.channel(task_id))

    def begin(self) -> tuple[Watch, ...]:
        """A new epoch; the watches to catch up on."""
        self.epoch += 1
        self._last = None
        for channel in self._by_channel:
            self._changed(channel)
        # Who waits for its first subscription has missed nothing: it reads when that stands.
        return tuple(watch for watch in self._by_channel.values() if watch.stood)

    def lost(self) -> None:
        """The connection is lost: no subscription stands any more."""
        for watch in self._by_channel.values():
            watch.subscribed.clear()
        self._feed.reload()  # and shows at once if the store is away

    def confirmed(self, channel: Channel) -> None:
        """A subscription stands."""
        if watch := self._by_channel.get(channel):
            if watch.stood and watch.task_id is None and not watch.subscribed.is_set():
                # Here, not a turn later: who opens now has missed nothing.
                self._feed.reload()
            watch.stood = True
            watch.subscribed.set()

    def heard(self, channel: Channel, document: bytes) -> None:
        """Tells those who watch what was published on a channel."""
        watch = self._by_channel.get(channel)
        if watch is None:
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
            watch.heard = self.epoch
            self._hub.publish(watch.task_id, self._last[1])

    async def catch_up(self, watches: Iterable[Watch]) -> None:
        """Reads every task that was watched before; what the hub has heard since is newer.

        Raises:
            StoreUnavailable.
        """
        tasks: list[tuple[str, Watch]] = []
        for watch in watches:
            await watch.stands()
            if watch.task_id is not None:
                tasks.append((watch.task_id, watch))
        for start in range(0, len(tasks), _BATCH):
            batch = dict(tasks[start : start + _BATCH])
            documents = await self._store.execute(c.Read(tuple(batch)))
            for (task_id, watch), document in zip(batch.items(), documents, strict=True):
                current = self._by_channel.get(self._channel(task_id)) is watch
                if current and watch.heard < self.epoch:
                    try:
                        update = Update.of(document, self.epoch, self._zone, task_id)
                    except ForeignValue as error:
                        watch.strange(f"task {task_id}", error)
                    else:
                        self._hub.publish(task_id, update)
