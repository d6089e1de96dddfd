"""redis-py's asyncio client for a store's URL: plain, TLS, Unix socket or Sentinel."""

from __future__ import annotations

from typing import Any

import redis.asyncio
import redis.asyncio.retry
import redis.asyncio.sentinel
import redis.backoff

from ..settings import Settings
from .bounded_connection import readable
from .connection import options_of, try_options
from .store_url import plain_url, sentinel_of, usable

#: Connections of one asyncio client. Its pool waits for a free one, where redis-py's default pool
#: raises.
CONNECTIONS = 64


def async_client(settings: Settings, timeout_s: float, **options: Any) -> redis.asyncio.Redis:
    """An asyncio client; `options` go to its connections.

    At most `CONNECTIONS` are open; a call that finds all busy waits for one, `timeout_s` at most.
    """
    url, once = plain_url(settings), redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0)
    options = {**options_of(timeout_s, once), **options}
    if not url.startswith("sentinel://"):
        with usable():
            pool = redis.asyncio.BlockingConnectionPool.from_url(
                url, timeout=timeout_s, max_connections=CONNECTIONS, **options
            )
            pool.connection_class = readable(pool.connection_class)  # type: ignore[arg-type]  # hashable
            try_options(pool)
        return redis.asyncio.Redis.from_pool(pool)
    hosts, service, login = sentinel_of(url)
    asking = options_of(timeout_s / (len(hosts) + 1), once)
    sentinel = redis.asyncio.sentinel.Sentinel(hosts, sentinel_kwargs=asking, **login, **options)
    master: redis.asyncio.Redis = sentinel.master_for(
        service,
        connection_pool_class=_WaitingSentinelPool,
        connection_class=readable(redis.asyncio.sentinel.SentinelManagedConnection),
        timeout=timeout_s,
        max_connections=CONNECTIONS,
    )
    return master


class _WaitingSentinelPool(
    redis.asyncio.sentinel.SentinelConnectionPool, redis.asyncio.BlockingConnectionPool
):
    """A pool that reads the master's address from the sentinels; its calls wait for a free
    connection."""


async def close_async(client: Any) -> None:
    """Closes an asyncio client, and the connections to sentinels, which redis-py's own `aclose`
    leaves open."""
    await client.aclose()
    if isinstance(client.connection_pool, redis.asyncio.sentinel.SentinelConnectionPool):
        for sentinel in client.connection_pool.sentinel_manager.sentinels:
            await sentinel.aclose()
