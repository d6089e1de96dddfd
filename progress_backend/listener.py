"""One Redis connection a process: hears every watched task and tells the hub.

A connection is an epoch. Within an epoch a task's messages come in order and without a gap; a new
epoch reads every watched task again, because what was published in between is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.exceptions

from . import commands as c
from .connection import async_client
from .errors import StoreUnavailable
from .hub import Hub, Mailbox
from .store import AsyncStore
from .subscription import Subscription
from .update import Update

logger = logging.getLogger(__name__)

#: Silence after which Redis is asked for a sign of life; after twice that it counts as away.
PING_S = 5.0
#: Longest wait until a subscription stands, before a watcher is turned away.
SUBSCRIBE_S = 5.0
#: First and longest pause before connecting again; each is cut by up to a half, at random.
BACKOFF_S = (0.1, 5.0)
#: Documents in one read.
_BATCH = 200


class _Watch:
    """A task that somebody in this process watches."""

    __slots__ = ("heard", "subscribed", "task_id")

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        #: The subscription stands: whatever is committed from now on will be heard.
        self.subscribed = asyncio.Event()
        #: Epoch of the last message.
        self.heard = 0


class Listener:
    """Brings the documents of watched tasks from Redis to the hub.

    `start` it on the event loop that it is to run on, `stop` it there.
    """

    def __init__(self, store: AsyncStore, hub: Hub[Update]) -> None:
        self._store = store
        self._hub = hub
        self._channel = store.keys.channel
        # RESP2: a subscriber's replies are plain lists there, on every version of redis-py. Its
        # timeout of writes can swallow a cancellation (Python 3.11); the pings do without it.
        self._client = async_client(store.settings, PING_S, protocol=2, socket_timeout=None)
        #: By channel.
        self._watches: dict[str, _Watch] = {}
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        #: Number of the connection, from 1 on.
        self.epoch = 0

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
        await self._client.aclose()

    @property
    def connected(self) -> bool:
        """Whether the connection stands and is listened to."""
        running = self._task is not None and not self._task.done()
        return running and self._subscription is not None

    @property
    def watched(self) -> int:
        """How many tasks are watched."""
        return len(self._watches)

    @asynccontextmanager
    async def watching(self, task_id: str) -> AsyncIterator[Mailbox[Update]]:
        """A mailbox for a task's updates; inside, the subscription already stands.

        Raises:
            StoreUnavailable: Redis did not confirm the subscription in time.
        """
        channel = self._channel(task_id)
        mailbox = self._hub.join(task_id)
        try:
            watch = self._watches.get(channel)
            if watch is None:
                watch = self._watches[channel] = _Watch(task_id)
                self._changed(channel)
            await _stands(watch)
            yield mailbox
        finally:
            if not self._hub.leave(task_id, mailbox):
                # Set, so that catching up does not wait for what nobody watches any more.
                self._watches.pop(channel).subscribed.set()
                self._changed(channel)

    def _changed(self, channel: str) -> None:
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
                logger.exception("the listener failed; trying again")
            # A cancellation can come out as the error of a connection that it cut off.
            if self._stopping:
                return
            if time.monotonic() - began > longest:  # it worked: this is a new outage
                pause = shortest
            if failure is not None and pause == shortest:
                logger.warning("no updates from Redis, trying again: %s", _first(failure))
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, longest)

    async def _listen(self) -> None:
        """One epoch; it ends by raising."""
        pool = self._client.connection_pool
        async with asyncio.timeout(PING_S):
            connection = await pool.get_connection()
        subscription = Subscription(
            connection,
            wanted=self._watches,
            confirmed=self._confirmed,
            heard=self._heard,
            ping_s=PING_S,
        )
        try:
            self.epoch += 1
            if self.epoch > 1:
                logger.info("updates from Redis again")
            self._subscription = subscription
            watches = tuple(self._watches.values())
            for channel in self._watches:
                subscription.change(channel)
            async with asyncio.TaskGroup() as group:
                group.create_task(subscription.run())
                group.create_task(self._catch_up(watches))
        finally:
            self._subscription = None
            for watch in self._watches.values():
                watch.subscribed.clear()
            await connection.disconnect(nowait=True)
            await pool.release(connection)

    def _confirmed(self, channel: str) -> None:
        if watch := self._watches.get(channel):
            watch.subscribed.set()

    def _heard(self, channel: str, document: bytes) -> None:
        watch = self._watches.get(channel)
        if watch is None:
            return
        try:
            update = Update.of(document, self.epoch)
        except (ValueError, KeyError, TypeError):
            logger.warning("what was published on %s is no document", channel)
            return
        watch.heard = self.epoch
        self._hub.publish(watch.task_id, update)

    async def _catch_up(self, watches: tuple[_Watch, ...]) -> None:
        """Reads every task that was watched before; what the hub has heard since is newer."""
        for start in range(0, len(watches), _BATCH):
            batch = watches[start : start + _BATCH]
            for watch in batch:
                await _stands(watch)
            documents = await self._store.execute(c.Read(tuple(w.task_id for w in batch)))
            for watch, document in zip(batch, documents, strict=True):
                current = self._watches.get(self._channel(watch.task_id)) is watch
                if current and watch.heard < self.epoch:
                    self._hub.publish(watch.task_id, Update.of(document, self.epoch))


async def _stands(watch: _Watch) -> None:
    """Waits for a subscription."""
    if watch.subscribed.is_set():
        return
    try:
        async with asyncio.timeout(SUBSCRIBE_S):
            await watch.subscribed.wait()
    except TimeoutError:
        raise StoreUnavailable("the progress store does not confirm a subscription") from None


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
