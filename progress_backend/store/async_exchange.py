"""Redis reads over one held connection of redis-py's asyncio pool, at a third of the cost of its
client.

redis-py's parser awaits each line and each value of a reply, and its client counts and times the
command for monitors; for a few small documents that takes most of a read's time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import redis.asyncio
import redis.exceptions

from .exchange import Request, packed
from .redis_errors import answered
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

    async def read(self, requests: Sequence[Request]) -> list[Any]:
        """The raw replies to requests that only read and are sent together, each passed through
        `answered`; raises what `execute_command` raises.

        After an error reply, or one that cannot be parsed, redis-py sends the requests once more.
        """
        connection = await self._take()
        asked, plain = _Asked(len(requests)), False
        try:
            try:
                async with asyncio.timeout(self._timeout_s):
                    connection._writer.write(b"".join(map(packed, requests)))
                    await asked.received(connection._reader)
            except TimeoutError:
                # The whole process may have been held up, so that the timer fired before the
                # received bytes were read.
                async with asyncio.timeout(0):
                    await asked.received(connection._reader)
            replies = [answered(reply) for reply in asked.replies]
            plain = True
            return replies
        except (redis.exceptions.InvalidResponse, redis.exceptions.ResponseError):
            pass
        finally:
            if plain and self._held is None:
                self._held = connection
            else:
                await self._give_back(connection, whole=asked.whole)
        async with asyncio.timeout(self._timeout_s):
            return [await self._alone(request) for request in requests]

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

    async def _alone(self, request: Request) -> Any:
        try:
            return await self._client.execute_command(*request)
        except redis.exceptions.ResponseError as error:
            return answered(error)


class _Asked:
    """The replies to a number of requests, as they arrive."""

    def __init__(self, count: int) -> None:
        self.replies: list[Reply] = []
        self._parser = Replies()
        self._count = count

    @property
    def whole(self) -> bool:
        return len(self.replies) == self._count

    async def received(self, reader: asyncio.StreamReader) -> None:
        while not self.whole:
            data = await reader.read(_READ)
            if not data:
                raise redis.exceptions.ConnectionError("Connection closed by server.")
            self.replies += self._parser.feed(data)
