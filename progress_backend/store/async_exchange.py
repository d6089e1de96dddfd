"""A read and its reply over a connection of redis-py's asyncio pool, at a third of its cost.

redis-py's parser awaits each line and each value of a reply, and its client counts and times the
command for monitors; for a few small documents that is most of a read.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import redis.asyncio
import redis.exceptions

from .exchange import Request, packed
from .resp import Replies, Reply

#: Bytes taken at once.
_READ: Final = 256 * 1024


class AsyncExchange:
    """For a client of one server. Connections are the pool's, one a request."""

    def __init__(self, client: redis.asyncio.Redis, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def read(self, request: Request) -> Any:
        """The raw reply to a request that changes nothing; raises as `execute_command`.

        What is no plain reply is left to redis-py: it is asked once more, its own way.
        """
        pool = self._client.connection_pool
        connection: Any = None
        whole, replies = False, Replies()
        try:
            try:
                async with asyncio.timeout(self._timeout_s):
                    connection = await pool.get_connection()
                async with asyncio.timeout(self._timeout_s):
                    connection._writer.write(packed(request))
                    reply = await _next(replies, connection._reader)
            except TimeoutError:
                if connection is None:
                    raise
                # All of this process was held up, it may be: the clock rings before what came is
                # seen.
                async with asyncio.timeout(0):
                    reply = await _next(replies, connection._reader)
            whole = not isinstance(reply, redis.exceptions.ResponseError)
            if whole:
                return reply
        except redis.exceptions.InvalidResponse:
            pass
        finally:
            if connection is not None:
                if not whole:  # what may come yet is no answer to anybody else
                    await connection.disconnect(nowait=True)
                await pool.release(connection)
        async with asyncio.timeout(self._timeout_s):
            return await self._client.execute_command(*request)


async def _next(replies: Replies, reader: asyncio.StreamReader) -> Reply:
    while True:
        data = await reader.read(_READ)
        if not data:
            raise redis.exceptions.ConnectionError("Connection closed by server.")
        for reply in replies.feed(data):
            return reply
