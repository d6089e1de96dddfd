"""Many documents in one request over a connection of redis-py's pool, at a third of its cost.

redis-py's parser awaits each line and each value of a reply, and its client counts and times the
command for monitors; for an MGET of small documents that is most of a read.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import redis.asyncio
import redis.exceptions

from .exchange import Request, packed

_CHUNK: Final = 256 * 1024


class MultiGet:
    """MGET for a client of one server. Connections are the pool's, one a call."""

    def __init__(self, client: redis.asyncio.Redis, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def ask(self, request: Request) -> Any:
        """The values, in order, None for those that are not there; raises as `execute_command`.

        Whatever Redis answers but values is left to redis-py: it is asked once more, its own way.
        """
        pool = self._client.connection_pool
        connection: Any = await pool.get_connection()
        try:
            values = await self._values(connection, request)
            whole = values is not None
        except BaseException:  # a cancelled reader's too: half an answer stays in the connection
            whole = False
            raise
        finally:
            if not whole:  # what may come yet is no answer to anybody else
                await connection.disconnect(nowait=True)
            await pool.release(connection)
        return await self._client.execute_command(*request) if values is None else values

    async def _values(self, connection: Any, request: Request) -> list[bytes | None] | None:
        async with asyncio.timeout(self._timeout_s):
            connection._writer.write(packed(request))
            return await values_of(connection._reader, len(request) - 1)


async def values_of(reader: asyncio.StreamReader, count: int) -> list[bytes | None] | None:
    """An array of `count` strings or nulls, as RESP 2 and 3 have them; None for anything else.

    Raises:
        ConnectionError: redis-py's; the server has closed the connection.
    """
    data, at = b"", 0
    values: list[bytes | None] = []
    begun = False
    while len(values) < count:
        line = data.find(b"\r\n", at)
        kind, said = data[at : at + 1], data[at + 1 : line]
        size = int(said) if line > 0 and kind == b"$" else 0
        end = line + 2 + (size + 2 if kind == b"$" and size >= 0 else 0)
        if line < 0 or end > len(data):
            more = await reader.read(_CHUNK)
            if not more:
                raise redis.exceptions.ConnectionError("Connection closed by server.")
            data, at = data[at:] + more, 0
            continue
        if not begun:
            if kind != b"*" or int(said) != count:
                return None
            begun = True
        elif kind == b"$":
            values.append(data[line + 2 : end - 2] if size >= 0 else None)
        elif kind == b"_":
            values.append(None)
        else:
            return None
        at = end
    return values
