"""redis-py's client for a store's URL: plain, TLS, Unix socket or Sentinel."""

from __future__ import annotations

from typing import Any

import redis
import redis.backoff
import redis.retry
import redis.sentinel

from ..settings import Settings
from .bounded_connection import Deadline, bind, bounded
from .store_url import plain_url, sentinel_of, usable

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
            try_options(client.connection_pool)
        return client
    hosts, service, login = sentinel_of(url)
    sentinel = redis.sentinel.Sentinel(hosts, sentinel_kwargs=options, **login, **options)
    for one in sentinel.sentinels:
        bind(one.connection_pool, deadline, one_of_many=True)
    made: Any = bounded(redis.sentinel.SentinelManagedConnection)
    master: redis.Redis = sentinel.master_for(service, connection_class=made, deadline=deadline)
    return master


def options_of(timeout_s: float, retry: Any) -> dict[str, Any]:
    """The options of every connection."""
    timeouts = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    # Task ids that are no UTF-8 in Redis are sent back as they were read.
    names = {"encoding": "utf-8", "encoding_errors": "surrogateescape"}
    return {**timeouts, **names, "retry": retry, "protocol": _PROTOCOL}


def try_options(pool: Any) -> None:
    """Makes a connection object without connecting it, so that an unusable option raises now."""
    pool.connection_class(**pool.connection_kwargs)
