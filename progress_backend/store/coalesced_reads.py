"""Reads of single records, joined: those that are asked for while one is under way go as one.

A read by itself costs a request to Redis and a reply; under load most of that is shared.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ..errors import StoreUnavailable
from ..flows.commands import Read
from .drivers import AsyncStore

#: Records that are read at once; each may have 256 KiB.
MOST: Final = 64
#: Reads that may wait; whoever comes then is told to come again.
MOST_WAITING: Final = 10_000


class JoinedReads:
    """Reads of one store; one an event loop."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._waiting: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    def get(self, task_id: str) -> asyncio.Future[bytes | None]:
        """The document of a record, None if there is none.

        Raises:
            StoreUnavailable: now or when it is awaited; Redis is away or far too slow.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise StoreUnavailable("the progress store is too slow: too many reads wait for it")
        loop = asyncio.get_running_loop()
        document: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting.append((task_id, document))
        if self._reading is None:
            self._reading = loop.create_task(self._read())
        return document

    async def _read(self) -> None:
        try:
            while self._waiting:
                # A turn of the loop: what has come with the last answer goes along.
                await asyncio.sleep(0)
                batch = self._waiting[:MOST]
                del self._waiting[:MOST]
                await self._answer(batch)
        finally:
            self._reading = None

    async def _answer(self, batch: list[tuple[str, asyncio.Future[bytes | None]]]) -> None:
        try:
            documents = await self._store.execute(Read(tuple([task_id for task_id, _ in batch])))
        except Exception as error:  # theirs, whatever it is
            # Those who still wait have waited for the same store: they are told now.
            batch += self._waiting
            self._waiting.clear()
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
        else:
            for (_, waiting), document in zip(batch, documents, strict=True):
                if not waiting.done():
                    waiting.set_result(document)
