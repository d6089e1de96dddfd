"""Redis requests over one held connection of redis-py's asyncio pool, at a third of the cost of its
client.

redis-py's parser awaits each line and each value of a reply, and its client counts and times the
command for monitors; for a few small documents that takes most of a read's time.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import redis.asyncio
import redis.exceptions

from .async_connection import close_async
from .exchange import Request, packed
from .redis_errors import checked
from .resp import Replies, Reply

#: Bytes that are read at once.
_READ: Final = 256 * 1024


class AsyncExchange:
    """Holds one connection of a client's pool; a call that finds it busy takes another of the
    pool."""

    def __init__(self, client: redis.asyncio.Redis, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s
        #: The connection, which answered the last time; None while it is in use.
        self._held: Any = None

    async def ask(self, *requests: Request) -> list[Any]:
        """The raw replies to requests that are sent together, each passed through `refused`.

        Raises what `execute_command` raises, for the first request with an error; nothing is sent
        twice. A NoScriptError is a reply.
        """
        if not requests:
            return []
        connection = await self._take()
        asked = _PendingReplies(len(requests))
        try:
            try:
                async with asyncio.timeout(self._timeout_s):
                    if connection.health_check_interval:
                        await connection.check_health()
                    connection._writer.write(b"".join(map(packed, requests)))
                    await asked.received(connection._reader)
            except TimeoutError:
                # The whole process may have been held up, so that the timer fired before the
                # received bytes were read.
                async with asyncio.timeout(0):
                    await asked.received(connection._reader)
        finally:
            if asked.whole and self._held is None:
                self._held = connection
            else:
                await self._give_back(connection, whole=asked.whole)
        return checked(asked.replies)

    async def _take(self) -> Any:
        """The held connection unless the server has closed it, else one of the pool."""
        connection, self._held = self._held, None
        if connection is not None:
            reader = connection._reader
            if reader is not None and reader.exception() is None and not reader.at_eof():
                return connection
            await self._give_back(connection, whole=False)
        async with asyncio.timeout(self._timeout_s):
            return await self._client.connection_pool.get_connection()

    async def _give_back(self, connection: Any, *, whole: bool) -> None:
        if not whole:  # a late reply must not answer another request
            await connection.disconnect(nowait=True)
        await self._client.connection_pool.release(connection)

    async def close(self) -> None:
        """Closes the connections."""
        await close_async(self._client)


class _PendingReplies:
    """The replies to a number of requests, as they arrive."""

    def __init__(self, count: int) -> None:
        self.replies: list[Reply] = []
        self._parser = Replies()
        self._count = count

    @property
    def whole(self) -> bool:
        """Whether all are there, of a master: a new connection goes to the new master."""
        left = any(isinstance(reply, redis.exceptions.ReadOnlyError) for reply in self.replies)
        return len(self.replies) == self._count and not left

    async def received(self, reader: asyncio.StreamReader) -> None:
        while len(self.replies) < self._count:
            data = await reader.read(_READ)
            if not data:
                raise redis.exceptions.ConnectionError("Connection closed by server.")
            self.replies += self._parser.feed(data)
