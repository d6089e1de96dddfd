"""redis-py clients of a Redis Cluster, which read its nodes from any node that answers."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio.retry
import redis.backoff
import redis.exceptions
import redis.retry
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.cluster import ClusterPipeline
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.cluster import ClusterNode, RedisCluster

from ..settings import Settings
from .bounded_connection import BoundedLock, NodePool
from .connection import CONNECTIONS, options_of
from .deadline import Deadline
from .store_url import cluster_options, nodes_of, plain_url

#: The part of a call's time that one node of a cluster may take.
_PART_OF_A_NODE = 1 / 2
#: The nodes of each cluster that this process last read: the URL's own node may be down.
_seen: dict[str | None, list[tuple[str, int]]] = {}


def sync_cluster(settings: Settings, deadline: Deadline) -> RedisCluster:
    """A blocking client of a cluster; it connects at once. One retry lets it follow a slot that has
    moved."""
    once_more = redis.retry.Retry(redis.backoff.NoBackoff(), 1)
    options = {**cluster_options(settings), **options_of(deadline.timeout_s, once_more)}
    client = RedisCluster(
        startup_nodes=[ClusterNode(*node) for node in _nodes(settings)],
        url=plain_url(settings),
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
    """An asyncio client of a cluster; a call waits for a free connection, as with `async_client`.

    One node gets a part of the time, so that there is time left for another one.
    """
    once_more = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 1)
    options = {
        **cluster_options(settings),
        **options_of(timeout_s * _PART_OF_A_NODE, once_more),
        **options,
    }
    options["ssl"] = plain_url(settings).startswith("rediss")
    return _WaitingCluster(settings, wait_s=timeout_s, **options)


def _remember(settings: Settings, client: Any) -> None:
    """Keeps the nodes of a cluster's client that has connected."""
    nodes = client.nodes_manager.nodes_cache.values()
    _seen[settings.redis_url] = [(str(node.host), int(node.port)) for node in nodes]


def check_cluster(settings: Settings) -> None:
    """Checks a cluster's URL, without a connection.

    Raises:
        SettingsError: the URL of a cluster cannot be used.
    """
    cluster_options(settings)


class _WaitingCluster(AsyncRedisCluster):
    """A cluster client whose calls wait for a free connection, where redis-py's raise; it reads the
    cluster's nodes from every node that this process knows."""

    def __init__(self, settings: Settings, *, wait_s: float, **options: Any) -> None:
        nodes = [AsyncClusterNode(*node) for node in _nodes(settings)]
        super().__init__(startup_nodes=nodes, **options)
        self._settings = settings
        self._room = asyncio.Semaphore(CONNECTIONS)
        self._wait_s = wait_s

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """`async with`: waits until a connection is free; the block is bounded as a whole."""
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
        """As redis-py's, with the nodes that this process has seen as further startup nodes."""
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
    """A pipeline with one connection per node, counted as one call."""

    def __init__(self, client: _WaitingCluster, transaction: Any) -> None:
        super().__init__(client, transaction)
        self._waiting = client

    async def execute(self, *args: Any, **options: Any) -> list[Any]:
        async with self._waiting.room():
            return await super().execute(*args, **options)


def _nodes(settings: Settings) -> list[tuple[str, int]]:
    """The nodes in the URL, and those that this process has seen."""
    return list(dict.fromkeys([*nodes_of(settings), *_seen.get(settings.redis_url, ())]))
