"""redis-py clients for a store's URL: plain, TLS, Unix socket or Sentinel."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.asyncio.sentinel
import redis.backoff
import redis.retry
import redis.sentinel

from ..settings import Settings
from .bounded_connection import bind, bounded, readable
from .deadline import Deadline
from .store_url import plain_url, sentinel_of, usable

#: Connections of one asyncio client. Its pool waits for a free one, where redis-py's default pool
#: raises.
CONNECTIONS = 64
#: RESP2: over RESP3, redis-py 8 handles maintenance notices, and its pool then returns connections
#: that the server has closed. A subscriber's replies are plain lists.
_PROTOCOL = 2


def sync_client(settings: Settings, deadline: Deadline) -> redis.Redis:
    """A blocking client without retries: its callers decide whether a late write is still wanted.

    Connecting, and asking the sentinels for the master, count into the request's bound.
    """
    url, once = plain_url(settings), redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    options = options_of(deadline.timeout_s, once)
    if not url.startswith("sentinel://"):
        with usable():
            client = redis.Redis.from_url(url, **options)
            bind(client.connection_pool, deadline)
            _try_options(client.connection_pool)
        return client
    hosts, service, login = sentinel_of(url)
    sentinel = redis.sentinel.Sentinel(hosts, sentinel_kwargs=options, **login, **options)
    for one in sentinel.sentinels:
        bind(one.connection_pool, deadline, one_of_many=True)
    made: Any = bounded(redis.sentinel.SentinelManagedConnection)
    master: redis.Redis = sentinel.master_for(service, connection_class=made, deadline=deadline)
    return master


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
            _try_options(pool)
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


def options_of(timeout_s: float, retry: Any) -> dict[str, Any]:
    """The options of every connection."""
    timeouts = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    # Task ids that are no UTF-8 in Redis are sent back as they were read.
    names = {"encoding": "utf-8", "encoding_errors": "surrogateescape"}
    return {**timeouts, **names, "retry": retry, "protocol": _PROTOCOL}


def _try_options(pool: Any) -> None:
    """Makes a connection object without connecting it, so that an unusable option raises now."""
    pool.connection_class(**pool.connection_kwargs)
