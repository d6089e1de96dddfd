"""Coalesced reads of single records: those that arrive while one is in progress go to Redis as one
request.

A read by itself costs a request to Redis and a reply; under load many reads share them.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ..errors import StoreUnavailable
from ..operations import records
from .drivers import AsyncStore

#: Records that are read in one request; each may have 256 KiB.
MOST: Final = 64
#: Reads that may wait; a further one gets a 503.
MOST_WAITING: Final = 10_000


class JoinedReads:
    """Coalesced reads of one store; one instance per event loop."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._waiting: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    def get(self, task_id: str) -> asyncio.Future[bytes | None]:
        """A record's document; None if there is none.

        Raises:
            StoreUnavailable: at the call, if too many reads wait; when awaited, if Redis fails.
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
                # One turn of the loop, so that requests that arrived with the last reply join this
                # read.
                await asyncio.sleep(0)
                batch = self._waiting[:MOST]
                del self._waiting[:MOST]
                await self._answer(batch)
        finally:
            self._reading = None

    async def _answer(self, batch: list[tuple[str, asyncio.Future[bytes | None]]]) -> None:
        try:
            documents = await self._store.execute(
                records.read(tuple([task_id for task_id, _ in batch]))
            )
        except Exception as error:  # raised from the callers' awaits
            # The reads that wait would wait for the same store: they fail now too.
            batch += self._waiting
            self._waiting.clear()
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
        else:
            for (_, waiting), document in zip(batch, documents, strict=True):
                if not waiting.done():
                    waiting.set_result(document)
