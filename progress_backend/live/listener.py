"""One Redis connection a process: hears every watched task and tells hub and feed.

A connection is an epoch. Within an epoch a task's messages come in order and without a gap; a new
epoch reads every watched task again, because what was published in between is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import redis.exceptions

from ..errors import StoreUnavailable
from ..flows.commands import Filters
from ..store.connection import async_client, close_async
from ..store.drivers import AsyncStore
from ..store.outage_log import OneAMinute, outage_of
from .all_tasks import Feed, Inbox
from .cluster_subscription import ClusterSubscription, over_cluster
from .heartbeat import Heartbeats
from .hub import Hub, Mailbox, Receiver
from .subscription import Channel, Subscription
from .update import Update
from .watched_tasks import Watch, Watches

logger = logging.getLogger(__name__)

#: Silence after which Redis is asked for a sign of life; after twice that it counts as away.
PING_S = 5.0
#: First and longest pause before connecting again; each is cut by up to a half, at random.
BACKOFF_S = (0.1, 5.0)


class Listener:
    """Brings the documents of watched tasks from Redis to the hub, or of all tasks to the feed.

    `start` it on the event loop that it is to run on, `stop` it there.
    """

    def __init__(self, store: AsyncStore, hub: Hub[Update], feed: Feed) -> None:
        self._watches = Watches(store, hub, feed, self._changed)
        self._counts = hub.counts
        self._store = store
        self._subscription: Subscription | ClusterSubscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._outage = outage_of(store.settings)
        self._traceback = OneAMinute()
        #: When Redis was last heard over an earlier connection, on the monotonic clock.
        self._heard_at = time.monotonic()
        self._caught_up = False
        #: Who wants to be told that updates are heard.
        self.heartbeats = Heartbeats(self)

    def start(self) -> None:
        """Begins to connect, in the background, again and again."""
        self._task = asyncio.create_task(self._keep_connected(), name="progress listener")

    async def stop(self) -> None:
        """Ends the connection; no watcher hears anything from then on."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def connected(self) -> bool:
        """Whether the connection stands and is listened to."""
        running = self._task is not None and not self._task.done()
        return running and self._subscription is not None

    @property
    def hears(self) -> bool:
        """Whether every watched task is told as it is: Redis has answered of late."""
        subscription = self._subscription
        if subscription is None or subscription.heard_at is None or not self._caught_up:
            return False
        return time.monotonic() - subscription.heard_at < 2 * PING_S

    @property
    def heard_at(self) -> datetime:
        """When Redis was last heard; before it was, when this began."""
        subscription = self._subscription
        heard_at = (subscription and subscription.heard_at) or self._heard_at
        return self.now() - timedelta(seconds=time.monotonic() - heard_at)

    def now(self) -> datetime:
        """The store's time."""
        return self._store.now()

    @property
    def epoch(self) -> int:
        """Number of the connection, from 1 on."""
        return self._watches.epoch

    @property
    def watched(self) -> int:
        """How many tasks are watched one by one."""
        return self._watches.watched

    async def join(self, task_id: str, receiver: Receiver[Update]) -> None:
        """Gives a task's updates to a receiver until it leaves; the subscription then stands.

        Raises:
            StoreUnavailable: Redis did not confirm the subscription in time; leave all the same.
        """
        await self._watches.join(task_id, receiver)

    def leave(self, task_id: str, receiver: Receiver[Update]) -> None:
        """To be called once for each `join`."""
        self._watches.leave(task_id, receiver)

    @asynccontextmanager
    async def watching(self, task_id: str) -> AsyncIterator[Mailbox[Update]]:
        """A mailbox for a task's updates; raises as `join`."""
        mailbox: Mailbox[Update] = Mailbox(self._counts)
        try:
            await self.join(task_id, mailbox)
            yield mailbox
        finally:
            self.leave(task_id, mailbox)

    def watching_all(
        self, filters: Filters, *, reloads: bool = False
    ) -> AbstractAsyncContextManager[Inbox]:
        """An inbox for the updates of all tasks that pass the filters, as `watching`."""
        return self._watches.all(filters, reloads=reloads)

    def _changed(self, channel: Channel) -> None:
        if self._subscription is not None:
            self._subscription.change(channel)

    async def _keep_connected(self) -> None:
        shortest, longest = BACKOFF_S
        pause = shortest
        while True:
            began = time.monotonic()
            failure: BaseExceptionGroup[Any] | None = None
            try:
                await self._listen()
            except* (redis.exceptions.RedisError, OSError, StoreUnavailable) as errors:
                failure = errors
            except* Exception:
                if self._traceback.passes():
                    logger.exception("the listener failed; trying again")
            # A cancellation can come out as the error of a connection that it cut off.
            if self._stopping:
                return
            if time.monotonic() - began > longest:  # it worked: this is a new outage
                pause = shortest
            if failure is not None:
                says = f"no updates from Redis, trying again: {_first(failure)}"
                self._outage.away("listener", says)
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, longest)

    async def _listen(self) -> None:
        """One epoch; it ends by raising."""
        async with self._connected() as subscription:
            try:
                self._subscription = subscription
                before = self._watches.begin()
                if self.epoch > 1:
                    logger.info("updates from Redis again")
                async with asyncio.TaskGroup() as group:
                    group.create_task(subscription.run())
                    group.create_task(self._catch_up(before))
            finally:
                self._heard_at = subscription.heard_at or self._heard_at
                self._subscription = None
                self._caught_up = False
                self._watches.lost()
                self.heartbeats.changed()

    async def _catch_up(self, watches: Sequence[Watch]) -> None:
        await self._watches.catch_up(watches)
        self._caught_up = True
        self._outage.back("listener")
        self.heartbeats.changed()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Subscription | ClusterSubscription]:
        settings, watches = self._store.settings, self._watches
        if settings.clustered:
            over = ClusterSubscription(
                self._store.keys, wanted=watches, confirmed=watches.confirmed, heard=watches.heard
            )
            async with over_cluster(settings, over, PING_S) as subscription:
                yield subscription
            return
        # redis-py's timeout of writes can swallow a cancellation (Python 3.11); the pings do
        # without it.
        client = async_client(settings, PING_S, socket_timeout=None)
        connection = None
        try:
            async with asyncio.timeout(PING_S):
                connection = await client.connection_pool.get_connection()
            yield Subscription(
                connection,
                wanted=watches,
                confirmed=watches.confirmed,
                heard=watches.heard,
                ping_s=PING_S,
            )
        finally:
            if connection is not None:
                await connection.disconnect(nowait=True)
                await client.connection_pool.release(connection)
            await close_async(client)


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
