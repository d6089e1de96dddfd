"""Reads of single records, joined: those that are asked for while one is under way go as one.

A read by itself costs a request to Redis and a reply; under load most of that is shared.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeVar

from .commands import Command, Read
from .errors import StoreUnavailable
from .flows import Flow
from .store import AsyncStore

T = TypeVar("T")

#: Records that are read at once; each may have 256 KiB.
MOST: Final = 64
#: Reads that may wait; whoever comes then is told to come again.
MOST_WAITING: Final = 10_000


class JoinedReads:
    """Runs flows as the store does; one an event loop. Only reads of one record are joined."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._waiting: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def run(self, flow: Flow[T]) -> T:
        """Drives a flow that records nothing to its end; raises as `AsyncStore.run`."""
        reply: Any = None
        try:
            while True:
                reply = await self._execute(flow.send(reply))
        except StopIteration as end:
            result: T = end.value
            return result

    async def _execute(self, command: Command) -> Any:
        match command:
            case Read((task_id,)):
                return [await self._document(task_id)]
            case _:
                return await self._store.execute(command)

    def _document(self, task_id: str) -> asyncio.Future[bytes | None]:
        if len(self._waiting) >= MOST_WAITING:
            raise StoreUnavailable("the progress store is too slow: too many reads wait for it")
        loop = asyncio.get_running_loop()
        document: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting.append((task_id, document))
        if self._reading is None or self._reading.done():
            # It begins in the loop's next turn: all that came in this one go together.
            self._reading = loop.create_task(self._read())
        return document

    async def _read(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)
            batch = self._waiting[:MOST]
            del self._waiting[:MOST]
            try:
                documents = await self._store.execute(Read(tuple(task_id for task_id, _ in batch)))
            except Exception as error:
                # Those who wait have waited for the same store: they are told now.
                for _, waiting in (*batch, *self._waiting):
                    if not waiting.done():
                        waiting.set_exception(error)
                self._waiting.clear()
                return
            for (_, waiting), document in zip(batch, documents, strict=True):
                if not waiting.done():
                    waiting.set_result(document)
