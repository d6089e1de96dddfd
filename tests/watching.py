"""A mailbox for the updates of one task."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from progress_backend.live.listener import Listener
from progress_backend.live.update import Update

T = TypeVar("T")


class ReceiverClosed(Exception):
    """No more items come."""


class Mailbox(Generic[T]):
    """A receiver that holds the newest item."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._closed = False
        self._changed = asyncio.Event()

    def put(self, item: T) -> None:
        self._items = [item]
        self._changed.set()

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def get(self) -> T:
        while not self._items:
            if self._closed:
                raise ReceiverClosed
            self._changed.clear()
            await self._changed.wait()
        return self._items.pop()


@asynccontextmanager
async def watching(listener: Listener, task_id: str) -> AsyncIterator[Mailbox[Update]]:
    mailbox: Mailbox[Update] = Mailbox()
    try:
        await listener.watches.join("task", task_id, mailbox)
        yield mailbox
    finally:
        listener.watches.leave("task", task_id, mailbox)
