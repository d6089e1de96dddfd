"""The specification's services: in memory (`ProgressService`) and on Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import Self, TypeVar
from weakref import WeakSet

from ..flows.flow import Flow
from ..flows.stored_record import milliseconds
from ..flows.task_flows import Flows
from ..settings import Settings
from ..store.drivers import AsyncStore
from ..store.memory import MemoryStore
from ..store.outage_log import fault
from ..targets import targets_of
from .flow_service import FlowService, NotificationServiceInterface

__all__ = ["NotificationServiceInterface", "ProgressService", "RedisProgressService"]

T = TypeVar("T")

#: Stores by their event loop, and what closes them as that ends.
_stores: dict[asyncio.AbstractEventLoop, tuple[WeakSet[AsyncStore], AsyncGenerator[None]]] = {}


class ProgressService(FlowService):
    """Service with its records in this process's memory, each deleted 24 h after the task's end."""

    _connected = "not used"

    def __init__(
        self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Makes an empty service.

        Args:
            settings: settings of the records; the defaults unless given.
            clock: seconds since 1970; another one for tests, such as
                `progress_backend.testing.Clock`.
        """
        self._memory = MemoryStore(settings, clock=clock)
        self.flows = self._memory.flows
        self._next_cleanup_ms = 0

    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow in this process's memory; once an interval it runs the cleanup too."""
        now = self._memory.now()
        if milliseconds(now) >= self._next_cleanup_ms:
            interval_s = self._memory.settings.cleanup_interval_s
            self._next_cleanup_ms = milliseconds(now) + int(interval_s * 1000)
            self._memory.run(self.flows.cleanup(now, "service"))
        return self._memory.run(flow)

    async def _store(self) -> MemoryStore | AsyncStore:
        return self._memory


class RedisProgressService(ProgressService):
    """Service with its records in Redis, shared with workers and other services.

    It opens its connections at the first call, for each event loop; `async with` closes them, as
    `close()` does, and the end of `asyncio.run`.
    """

    _connected = "connected"

    def __init__(
        self,
        redis_url: str | None = None,
        *,
        settings: Settings | None = None,
        store: AsyncStore | None = None,
    ) -> None:
        """Names the store; connects to nothing yet.

        Args:
            redis_url: the store's URL, with default settings.
            settings: settings with the store's URL, in place of `redis_url`: those of
                `settings_of(app)` for the records of a Celery app.
            store: an `AsyncStore` to share, whose settings count; the service does not close it.

        Raises:
            SettingsError: the URL cannot be used.
        """
        if store is not None:
            settings = store.settings
        elif settings is None:
            settings = Settings(redis_url=redis_url)
        self.settings = settings
        self.flows = Flows(settings, targets_of(settings), fault)
        self._given = store
        self._opened: tuple[asyncio.AbstractEventLoop, AsyncStore] | None = None

    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow on Redis."""
        return await (await self._store()).run(flow)

    async def _store(self) -> AsyncStore:
        store = self._given
        if store is None:
            loop = asyncio.get_running_loop()
            if self._opened is None or self._opened[0] is not loop:
                self._opened = (loop, AsyncStore(self.settings))
                await _close_with(loop, self._opened[1])
            store = self._opened[1]
        await store.ready()
        return store

    async def close(self) -> None:
        """Closes the connections to Redis that this service opened."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await opened[1].close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _close_with(loop: asyncio.AbstractEventLoop, store: AsyncStore) -> None:
    """Has a store closed at the end of its event loop: `asyncio.run` closes the generators that
    have begun in it."""
    if loop not in _stores:
        for over in [known for known in _stores if known.is_closed()]:
            del _stores[over]
        closing = _closing(loop)
        _stores[loop] = WeakSet(), closing
        await anext(closing)
    _stores[loop][0].add(store)


async def _closing(loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for store in list(_stores.pop(loop, (WeakSet(),))[0]):
            await store.close()
