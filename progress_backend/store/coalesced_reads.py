"""Coalesced reads: those that arrive while one is in progress go to Redis as one request.

A read by itself costs a request to Redis and a reply; under load many reads share them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, islice
from typing import Final, Generic, TypeVar

from ..errors import StoreUnavailable

K = TypeVar("K")
T = TypeVar("T")

#: Records that are read in one request; each may have 256 KiB.
MOST: Final = 64
#: Reads that may wait; a further one gets a 503.
MOST_WAITING: Final = 10_000


class Joined(Generic[K, T]):
    """Coalesced reads of one kind; one instance per event loop."""

    def __init__(self, read: Callable[[tuple[K, ...]], Awaitable[Sequence[T]]], most: int) -> None:
        """Takes what reads for several keys, `most` at once, and returns their values in order."""
        self._read = read
        self._most = most
        self._waiting: dict[K, list[asyncio.Future[T]]] = {}
        self._count = 0
        self._reading: asyncio.Task[None] | None = None

    def get(self, key: K) -> asyncio.Future[T]:
        """A key's value.

        Raises:
            StoreUnavailable: at the call, if too many reads wait.
            Exception: when awaited, what the read raises.
        """
        if self._count >= MOST_WAITING:
            raise StoreUnavailable("the progress store is too slow: too many reads wait for it")
        self._count += 1
        loop = asyncio.get_running_loop()
        found: asyncio.Future[T] = loop.create_future()
        if (waiting := self._waiting.get(key)) is None:
            self._waiting[key] = [found]
        else:
            waiting.append(found)
        if self._reading is None:
            self._reading = loop.create_task(self._read_all())
        return found

    async def _read_all(self) -> None:
        try:
            while self._waiting:
                # One turn of the loop, so that requests that arrived with the last reply join this
                # read.
                await asyncio.sleep(0)
                keys = tuple(islice(self._waiting, self._most))
                batch = [self._waiting.pop(key) for key in keys]
                self._count -= sum(map(len, batch))
                await self._answer(keys, batch)
        finally:
            self._reading = None

    async def _answer(self, keys: tuple[K, ...], batch: list[list[asyncio.Future[T]]]) -> None:
        try:
            values = await self._read(keys)
        except Exception as error:  # raised from the callers' awaits
            # The reads that wait would wait for the same store: they fail now too.
            for waiting in chain(*batch, *self._waiting.values()):
                if not waiting.done():
                    waiting.set_exception(error)
            self._waiting.clear()
            self._count = 0
        else:
            for several, value in zip(batch, values, strict=True):
                for waiting in several:
                    if not waiting.done():
                        waiting.set_result(value)
