"""redis-py clients for a store's URL: plain, TLS, socket or Sentinel."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.asyncio.sentinel
import redis.backoff
import redis.retry
import redis.sentinel
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.cluster import RedisCluster

from .errors import SettingsError
from .settings import Settings

#: Connections of one asyncio client. redis-py's other pool raises where this one waits.
_CONNECTIONS = 64


def sync_client(settings: Settings, timeout_s: float) -> redis.Redis:
    """A blocking client. No retries of its own: the callers know what a late write is worth.

    Asking all sentinels for the master takes no longer than `timeout_s` even if none answers.
    """
    url, once = _url(settings), redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    options = _options(timeout_s, once)
    if not url.startswith("sentinel://"):
        return redis.Redis.from_url(url, **options)
    hosts, service, login = _sentinel(url)
    asking = _options(timeout_s / (len(hosts) + 1), once)
    sentinel = redis.sentinel.Sentinel(hosts, sentinel_kwargs=asking, **login, **options)
    master: redis.Redis = sentinel.master_for(service)
    return master


def async_client(settings: Settings, timeout_s: float, **options: Any) -> redis.asyncio.Redis:
    """An asyncio client; `options` are the connections'.

    At most `_CONNECTIONS` are open; who finds all of them busy waits for one, `timeout_s` at most.
    """
    url, once = _url(settings), redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0)
    options = {**_options(timeout_s, once), **options}
    if not url.startswith("sentinel://"):
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url, timeout=timeout_s, max_connections=_CONNECTIONS, **options
        )
        return redis.asyncio.Redis.from_pool(pool)
    hosts, service, login = _sentinel(url)
    asking = _options(timeout_s / (len(hosts) + 1), once)
    sentinel = redis.asyncio.sentinel.Sentinel(hosts, sentinel_kwargs=asking, **login, **options)
    master: redis.asyncio.Redis = sentinel.master_for(service)
    return master


def sync_cluster(settings: Settings, timeout_s: float) -> RedisCluster:
    """A blocking client of a cluster; one more try lets it learn where a slot has moved."""
    once_more = redis.retry.Retry(redis.backoff.NoBackoff(), 1)
    return RedisCluster.from_url(_url(settings), retry=once_more, **_timeouts(timeout_s))


def async_cluster(settings: Settings, timeout_s: float, **options: Any) -> AsyncRedisCluster:
    """An asyncio client of a cluster."""
    once_more = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 1)
    options = {**_timeouts(timeout_s), **options}
    return AsyncRedisCluster.from_url(_url(settings), retry=once_more, **options)


def _timeouts(timeout_s: float) -> dict[str, Any]:
    return {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}


def _options(timeout_s: float, retry: Any) -> dict[str, Any]:
    return {**_timeouts(timeout_s), "retry": retry}


def _url(settings: Settings) -> str:
    """The URL without what only Celery understands."""
    url = settings.redis_url or ""
    if settings.clustered:
        scheme, _, rest = url.partition("://")
        return f"{'rediss' if scheme.startswith('rediss') else 'redis'}://{rest}"
    parts = urlsplit(url)
    database = parts.path.lstrip("/") if parts.scheme in ("redis", "rediss") else ""
    if database and not database.isdigit():
        raise SettingsError(f"PROGRESS_REDIS_URL: {database!r} is no database number")
    return url


def _sentinel(url: str) -> tuple[list[tuple[str, int]], str, dict[str, Any]]:
    """Hosts, service and login of `sentinel://:pw@host:26379;sentinel://host2:26379/0?service=x`.

    The list form is Celery's; `master_name` is accepted for `service`.
    """
    hosts: list[tuple[str, int]] = []
    login: dict[str, Any] = {}
    service = "mymaster"
    for part in url.split(";"):
        piece = urlsplit(part)
        if piece.hostname is None:
            raise SettingsError("PROGRESS_REDIS_URL: sentinel://host:26379/0?service=NAME is meant")
        hosts.append((piece.hostname, piece.port or 26_379))
        query = parse_qs(piece.query)
        for name in ("service", "master_name"):
            service = query.get(name, [service])[0]
        if piece.password:
            login["password"] = piece.password
        if piece.username:
            login["username"] = piece.username
        if piece.path[1:].isdigit():
            login["db"] = int(piece.path[1:])
    return hosts, service, login
