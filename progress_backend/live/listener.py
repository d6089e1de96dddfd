"""The listener: one Redis connection per process, which receives the updates of every watched task.

A connection is an epoch. Within an epoch a task's messages come in order and without a gap; a new
epoch reads every watched task again, because messages that were published in between are lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import redis.exceptions

from ..errors import StoreUnavailable
from ..store.async_connection import async_client, close_async
from ..store.async_store import AsyncStore
from ..store.outage_log import OneAMinute, outage_of
from .ending import ended, until_one_ends, within
from .heartbeat import Heartbeat, Heartbeats
from .subscription import Subscription
from .watches import Watches

logger = logging.getLogger(__name__)

#: Seconds without a reply after which Redis gets a PING; after twice that it counts as unreachable.
PING_S = 5.0
#: First and longest pause before a new connection; each is shortened by up to a half, at random.
BACKOFF_S = (0.1, 5.0)
#: Longest wait at the end of a connection: for the tasks that use it, then until it is closed.
END_S = 2.0
#: Seconds after which all that is watched is read again.
READ_AGAIN_S = 30.0
#: Exceptions of a store that does not answer.
_AWAY = (redis.exceptions.RedisError, OSError, StoreUnavailable)


class Listener:
    """Passes messages of watched tasks and workflows from Redis to their receivers.

    `start` it on the event loop that it is to run on, `stop` it there.
    """

    def __init__(self, store: AsyncStore) -> None:
        #: What is watched; receivers join and leave there.
        self.watches: Final = Watches(store)
        self._store = store
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._outage = outage_of(store.settings)
        self._traceback = OneAMinute()
        #: Monotonic time of Redis's last reply over an earlier connection.
        self._replied_at = time.monotonic()
        self._caught_up = False
        #: The clients that asked for heartbeats.
        self.heartbeats: Final = Heartbeats(self._heartbeat)

    def start(self) -> None:
        """Starts the task that keeps the connection."""
        self._task = asyncio.create_task(self._keep_connected(), name="progress listener")

    async def stop(self) -> None:
        """Ends the connection, or abandons it after a while; no receiver gets updates from then
        on."""
        self.watches.stop()
        if self._task is not None and not await ended(4 * END_S, self._task):
            logger.warning("the connection for updates from Redis does not close, and is abandoned")

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        running = self._task is not None and not self._task.done()
        return running and self._subscription is not None

    @property
    def up_to_date(self) -> bool:
        """Whether updates are complete and current: Redis has answered lately, and missed updates
        were read."""
        subscription = self._subscription
        if subscription is None or subscription.replied_at is None or not self._caught_up:
            return False
        return time.monotonic() - subscription.replied_at < 2 * PING_S

    def _heartbeat(self) -> Heartbeat:
        """The heartbeat to send now; stale since Redis's last reply while no updates are received,
        before the first since the listener's start."""
        now, subscription = self._store.now(), self._subscription
        if self.up_to_date:
            return Heartbeat.of(True, now)
        replied_at = (subscription and subscription.replied_at) or self._replied_at
        return Heartbeat.of(False, now - timedelta(seconds=time.monotonic() - replied_at))

    async def _keep_connected(self) -> None:
        """Runs epoch after epoch until it is cancelled: each is a task of its own, so that its
        exceptions end only that epoch."""
        shortest, longest = BACKOFF_S
        pause = shortest
        while True:
            began = time.monotonic()
            epoch = asyncio.create_task(self._listen(), name="progress updates")
            try:
                await asyncio.wait({epoch})
            finally:
                await ended(3 * END_S, epoch)
            with contextlib.suppress(Exception):  # a handler of the application's log may raise
                self._log(None if epoch.cancelled() else epoch.exception())
            if time.monotonic() - began > longest:  # the connection worked: this is a new outage
                pause = shortest
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, longest)

    def _log(self, error: BaseException | None) -> None:
        """Logs the exception that ended an epoch; None: its task was cancelled."""
        if isinstance(error, _AWAY):
            self._outage.away("listener", f"no updates from Redis, trying again: {error}")
        elif self._traceback.passes():
            logger.error("the listener failed; trying again", exc_info=error)

    async def _listen(self) -> None:
        """Runs one epoch; it ends by raising."""
        opened = AsyncExitStack()
        try:
            await self._receive(await self._connect(opened))
        finally:
            await within(END_S, opened.aclose())

    async def _receive(self, subscription: Subscription) -> None:
        try:
            self._subscription = subscription
            self.watches.begin(subscription.change)
            if self.watches.epoch > 1:
                with contextlib.suppress(Exception):  # as above
                    logger.info("updates from Redis again")
            await until_one_ends(END_S, subscription.run(), self._catch_up())
        finally:
            self._replied_at = subscription.replied_at or self._replied_at
            self._subscription = None
            self._caught_up = False
            self.watches.lost()
            self.heartbeats.changed()

    async def _catch_up(self) -> None:
        await self.watches.catch_up()
        self._caught_up = True
        self._outage.back("listener")
        self.heartbeats.changed()
        # No message says that a record was deleted or has expired; and where a Cluster's nodes have
        # lost each other, a message may be missing.
        while True:
            await asyncio.sleep(READ_AGAIN_S)
            with contextlib.suppress(StoreUnavailable):
                await self.watches.catch_up()

    async def _connect(self, opened: AsyncExitStack) -> Subscription:
        """A new connection; the stack closes it."""
        watches = self.watches
        # redis-py's time-out of writes can swallow a cancellation (Python 3.11); the pings take its
        # place.
        if (cluster := self._store.cluster) is not None:
            connection = await within(PING_S, cluster.connection())
            opened.push_async_callback(connection.disconnect, nowait=True)
            await within(PING_S, connection.connect())
        else:
            client = async_client(self._store.settings, PING_S, socket_timeout=None)
            opened.push_async_callback(close_async, client)
            pool = client.connection_pool
            connection = await within(PING_S, pool.get_connection())
            opened.push_async_callback(pool.release, connection)
            opened.push_async_callback(connection.disconnect, nowait=True)
        return Subscription(
            connection,
            wanted=watches.wanted,
            confirmed=watches.confirmed,
            received=watches.received,
            ping_s=PING_S,
        )
