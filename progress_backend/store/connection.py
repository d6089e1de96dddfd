"""redis-py clients for a store's URL: plain, TLS, socket or Sentinel."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlencode, urlsplit

import redis
import redis.asyncio
import redis.asyncio.retry
import redis.asyncio.sentinel
import redis.backoff
import redis.exceptions
import redis.retry
import redis.sentinel
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.cluster import ClusterPipeline
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url

from ..addresses import one_by_one
from ..errors import SettingsError
from ..settings import Settings
from .bounded_connection import BoundedLock, NodePool, bind, bounded, readable
from .deadline import Deadline

#: Connections of one asyncio client. redis-py's other pool raises where this one waits.
_CONNECTIONS = 64
#: The part of a wait that one node of a cluster may take.
_PART_OF_A_NODE = 1 / 2
#: RESP2. Over RESP3, redis-py 8 has notices of maintenance, and with those a connection that the
#: server has closed comes out of its pool as a good one. A subscriber's replies are plain lists.
_PROTOCOL = 2
#: Options that a URL, which is Celery's perhaps, may have for others: what waits is bounded here.
_OURS = frozenset(
    {
        *("socket_timeout", "socket_connect_timeout", "timeout", "max_connections"),
        *("retry_on_timeout", "retry_on_error", "protocol", "decode_responses"),
        *("encoding", "encoding_errors"),
    }
)


#: The nodes that this process has last seen of each cluster: the URL's may be the one that is away.
_seen: dict[str | None, list[tuple[str, int]]] = {}


def sync_client(settings: Settings, deadline: Deadline) -> redis.Redis:
    """A blocking client. No retries of its own: the callers know what a late write is worth.

    Connecting and asking the sentinels for the master are bounded as the request is.
    """
    url, once = _url(settings), redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    options = _options(deadline.timeout_s, once)
    if not url.startswith("sentinel://"):
        with _usable():
            client = redis.Redis.from_url(url, **options)
            bind(client.connection_pool, deadline)
            _try_options(client.connection_pool)
        return client
    hosts, service, login = _sentinel(url)
    sentinel = redis.sentinel.Sentinel(hosts, sentinel_kwargs=options, **login, **options)
    for one in sentinel.sentinels:
        bind(one.connection_pool, deadline, one_of_many=True)
    made: Any = bounded(redis.sentinel.SentinelManagedConnection)
    master: redis.Redis = sentinel.master_for(service, connection_class=made, deadline=deadline)
    return master


def async_client(settings: Settings, timeout_s: float, **options: Any) -> redis.asyncio.Redis:
    """An asyncio client; `options` are the connections'.

    At most `_CONNECTIONS` are open; who finds all of them busy waits for one, `timeout_s` at most.
    """
    url, once = _url(settings), redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0)
    options = {**_options(timeout_s, once), **options}
    if not url.startswith("sentinel://"):
        with _usable():
            pool = redis.asyncio.BlockingConnectionPool.from_url(
                url, timeout=timeout_s, max_connections=_CONNECTIONS, **options
            )
            pool.connection_class = readable(pool.connection_class)  # type: ignore[arg-type]  # hashable
            _try_options(pool)
        return redis.asyncio.Redis.from_pool(pool)
    hosts, service, login = _sentinel(url)
    asking = _options(timeout_s / (len(hosts) + 1), once)
    sentinel = redis.asyncio.sentinel.Sentinel(hosts, sentinel_kwargs=asking, **login, **options)
    master: redis.asyncio.Redis = sentinel.master_for(
        service,
        connection_pool_class=_WaitingSentinelPool,
        connection_class=readable(redis.asyncio.sentinel.SentinelManagedConnection),
        timeout=timeout_s,
        max_connections=_CONNECTIONS,
    )
    return master


class _WaitingSentinelPool(
    redis.asyncio.sentinel.SentinelConnectionPool, redis.asyncio.BlockingConnectionPool
):
    """Asks the sentinels for the master, and waits for a connection."""


def sync_cluster(settings: Settings, deadline: Deadline) -> RedisCluster:
    """A blocking client of a cluster; it connects. One more try lets it learn where a slot has
    moved."""
    once_more = redis.retry.Retry(redis.backoff.NoBackoff(), 1)
    options = {**_cluster_options(settings), **_options(deadline.timeout_s, once_more)}
    client = RedisCluster(
        startup_nodes=[ClusterNode(*node) for node in _nodes(settings)],
        url=_url(settings),
        connection_pool_class=functools.partial(NodePool, deadline),
        **options,
    )
    nodes: Any = client.nodes_manager
    for name in ("_initialization_lock", "_initialize_lock"):  # of redis-py 8 and 6
        if (lock := getattr(nodes, name, None)) is not None:
            setattr(nodes, name, BoundedLock(lock, deadline))
    _remember(settings, client)
    return client


def async_cluster(settings: Settings, timeout_s: float, **options: Any) -> AsyncRedisCluster:
    """An asyncio client of a cluster; who finds all connections busy waits, as `async_client`'s.

    A node has a part of the time: what it takes to ask another one is left.
    """
    once_more = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 1)
    options = {
        **_cluster_options(settings),
        **_options(timeout_s * _PART_OF_A_NODE, once_more),
        **options,
    }
    options["ssl"] = _url(settings).startswith("rediss")
    return _WaitingCluster(settings, wait_s=timeout_s, **options)


def _remember(settings: Settings, client: Any) -> None:
    """Notes the nodes of a cluster's client that has connected."""
    nodes = client.nodes_manager.nodes_cache.values()
    _seen[settings.redis_url] = [(str(node.host), int(node.port)) for node in nodes]


def check_cluster(settings: Settings) -> None:
    """Makes nothing and asks nobody.

    Raises:
        SettingsError: the URL of a cluster cannot be used.
    """
    _cluster_options(settings)


class _WaitingCluster(AsyncRedisCluster):
    """A node's connections raise where these calls wait; asks every node that this process knows of
    where the others are."""

    def __init__(self, settings: Settings, *, wait_s: float, **options: Any) -> None:
        nodes = [AsyncClusterNode(*node) for node in _nodes(settings)]
        super().__init__(startup_nodes=nodes, **options)
        self._settings = settings
        self._room = asyncio.Semaphore(_CONNECTIONS)
        self._wait_s = wait_s

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Waits until a connection may be used; what is done with it is bounded as a whole."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._room.acquire()
        except TimeoutError:
            raise redis.exceptions.ConnectionError("No connection available.") from None
        try:
            async with asyncio.timeout(self._wait_s):
                yield
        finally:
            self._room.release()

    async def initialize(self, *args: Any, **options: Any) -> AsyncRedisCluster:
        """As redis-py's."""
        if not self._initialize:
            return self
        known = self.nodes_manager.startup_nodes
        for host, port in _seen.get(self._settings.redis_url, ()):
            node = AsyncClusterNode(host, port, **self.connection_kwargs)
            known.setdefault(node.name, node)
        client = await super().initialize(*args, **options)
        _remember(self._settings, self)
        return client

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        async with self.room():
            return await super().execute_command(*args, **options)

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> ClusterPipeline:
        return _WaitingPipeline(self, transaction)  # type: ignore[abstract] # redis-py's is, too


class _WaitingPipeline(ClusterPipeline):
    """One connection a node, in the room of one call."""

    def __init__(self, client: _WaitingCluster, transaction: Any) -> None:
        super().__init__(client, transaction)
        self._waiting = client

    async def execute(self, *args: Any, **options: Any) -> list[Any]:
        async with self._waiting.room():
            return await super().execute(*args, **options)


async def close_async(client: Any) -> None:
    """Closes an asyncio client, with what redis-py's own way leaves open.

    That are the connections to sentinels; and all connections to a cluster while the client means
    to learn the nodes anew, from a call that failed until the next one.
    """
    await client.aclose()
    if isinstance(client, AsyncRedisCluster):
        for nodes in ("nodes_cache", "startup_nodes"):
            await client.nodes_manager.aclose(nodes)
    elif isinstance(client.connection_pool, redis.asyncio.sentinel.SentinelConnectionPool):
        for sentinel in client.connection_pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def _options(timeout_s: float, retry: Any) -> dict[str, Any]:
    timeouts = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    # The names of tasks that are no UTF-8 in the store are sent back as they were read.
    names = {"encoding": "utf-8", "encoding_errors": "surrogateescape"}
    return {**timeouts, **names, "retry": retry, "protocol": _PROTOCOL}


def _url(settings: Settings) -> str:
    """The URL without what only Celery understands; of a cluster's addresses the first."""
    url = settings.redis_url or ""
    if url.startswith("sentinel://"):
        return url
    return _plain(_cluster_urls(settings)[0] if settings.clustered else url)


def _cluster_urls(settings: Settings) -> list[str]:
    """A URL for each node that is named, as if it were no cluster."""
    urls = []
    for url in one_by_one(settings.redis_url or ""):
        scheme, _, rest = url.partition("://")
        urls.append(f"{'rediss' if scheme.startswith('rediss') else 'redis'}://{rest}")
    return urls


def _cluster_options(settings: Settings) -> dict[str, Any]:
    """What the URL says besides the address; of several URLs the first that says it."""
    options: dict[str, Any] = {}
    for url in reversed(_cluster_urls(settings)):
        with _usable():
            options |= parse_url(_plain(url))
    for name in ("connection_class", "host", "port", "db"):
        options.pop(name, None)
    return options


def _nodes(settings: Settings) -> list[tuple[str, int]]:
    """The nodes that the URL names, and those that were seen."""
    named = []
    for url in _cluster_urls(settings):
        parts = _split(url)
        named.append((parts.hostname or "localhost", parts.port or 6379))
    return list(dict.fromkeys([*named, *_seen.get(settings.redis_url, ())]))


def _plain(url: str) -> str:
    parts = _split(url)
    database = parts.path.lstrip("/") if parts.scheme in ("redis", "rediss") else ""
    if database and not database.isdigit():
        raise SettingsError(f"PROGRESS_REDIS_URL: {database!r} is no database number")
    query = {name: value for name, value in parse_qsl(parts.query) if name not in _OURS}
    if "virtual_host" in query:
        query["db"] = query.pop("virtual_host").lstrip("/")
    if "ssl_cert_reqs" in query:
        query["ssl_cert_reqs"] = query["ssl_cert_reqs"].removeprefix("CERT_").lower()
    scheme = "unix" if parts.scheme == "redis+socket" else parts.scheme
    asked = f"?{urlencode(query)}" if query else ""
    return f"{scheme}://{parts.netloc}{parts.path}{asked}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is read, and refused, only when it is asked for
    except ValueError:
        # What could not be read may be a part of the password: it is not shown.
        raise SettingsError(
            "PROGRESS_REDIS_URL has no host and port that can be read; "
            "in a password write / as %2F, # as %23, ? as %3F and @ as %40"
        ) from None
    return parts


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, redis.exceptions.RedisError) as error:
        raise SettingsError(f"PROGRESS_REDIS_URL has an option that is none: {error}") from error


def _try_options(pool: Any) -> None:
    """Makes a connection without connecting it: one that cannot be made is found out now."""
    pool.connection_class(**pool.connection_kwargs)


def _sentinel(url: str) -> tuple[list[tuple[str, int]], str, dict[str, Any]]:
    """Hosts, service and login of `sentinel://:pw@host:26379;sentinel://host2:26379/0?service=x`.

    The list with semicolons is Celery's, one with commas is taken too; `master_name` is accepted
    for `service`.
    """
    hosts: list[tuple[str, int]] = []
    login: dict[str, Any] = {}
    service = "mymaster"
    for part in one_by_one(url):
        piece = _split(part)
        if piece.hostname is None:
            raise SettingsError("PROGRESS_REDIS_URL: sentinel://host:26379/0?service=NAME is meant")
        hosts.append((piece.hostname, piece.port or 26_379))
        query = parse_qs(piece.query)
        for name in ("service", "master_name"):
            service = query.get(name, [service])[0]
        if piece.password:
            login["password"] = unquote(piece.password)
        if piece.username:
            login["username"] = unquote(piece.username)
        if piece.path[1:].isdigit():
            login["db"] = int(piece.path[1:])
    return hosts, service, login
