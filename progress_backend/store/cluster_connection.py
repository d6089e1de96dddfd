"""redis-py clients of a Redis Cluster, which read its nodes from any node that answers."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any, Final

import redis.asyncio.retry
import redis.backoff
import redis.exceptions
import redis.retry
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.cluster import ClusterNode, RedisCluster

from ..errors import StoreUnavailable
from ..settings import Settings
from .bounded_connection import BoundedLock, NodePool
from .connection import CONNECTIONS, close_async, options_of
from .deadline import Deadline
from .exchange import Request, encoded
from .redis_errors import checked, refused
from .store_url import cluster_options, nodes_of, plain_url

#: The part of a call's time that one node of a cluster may take.
_PART_OF_A_NODE = 1 / 2
#: Requests that each primary gets.
_WITHOUT_A_KEY: Final = ("INFO", "SCRIPT")
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
    remember(settings, client)
    return client


def async_cluster(settings: Settings, timeout_s: float) -> AsyncRedisCluster:
    """An asyncio client of a cluster. One node gets a part of the time, so that there is time left
    for another one."""
    once_more = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 1)
    its = options_of(timeout_s * _PART_OF_A_NODE, once_more)
    options = {**cluster_options(settings), **its}
    options["ssl"] = plain_url(settings).startswith("rediss")
    nodes = [AsyncClusterNode(*node) for node in _nodes(settings)]
    return AsyncRedisCluster(startup_nodes=nodes, **options)


def remember(settings: Settings, client: Any) -> None:
    """Keeps the nodes of a cluster's client that has connected."""
    nodes = client.nodes_manager.nodes_cache.values()
    _seen[settings.redis_url] = [(str(node.host), int(node.port)) for node in nodes]


def _targets(request: Request) -> dict[str, Any]:
    """The nodes of a request without a key: INFO and SCRIPT LOAD go to every primary."""
    return {"target_nodes": RedisCluster.PRIMARIES} if request[0] in _WITHOUT_A_KEY else {}


def _named(request: Request) -> Request:
    """A request as redis-py names it."""
    return ("SCRIPT LOAD", *request[2:]) if request[0] == "SCRIPT" else request


class ClusterExchange:
    """Requests to a Redis Cluster, whose nodes redis-py picks; it connects at its first use."""

    def __init__(self, settings: Settings, deadline: Deadline) -> None:
        """Checks the URL.

        Raises:
            SettingsError: it cannot be used.
        """
        cluster_options(settings)
        self._settings = settings
        self._deadline = deadline
        self._opening = threading.Lock()
        self._opened: RedisCluster | None = None

    def _client(self) -> RedisCluster:
        if self._opened is None:
            with self._deadline.within():
                if not self._opening.acquire(timeout=self._deadline.left()):
                    raise StoreUnavailable("the progress store is being connected to", late=True)
                try:
                    if self._opened is None:
                        self._opened = sync_cluster(self._settings, self._deadline)
                finally:
                    self._opening.release()
        return self._opened

    def ask(self, *requests: Request) -> list[Any]:
        """The replies to requests, those with keys sent together; as `Exchange.ask`, but that
        redis-py has parsed some."""
        client = self._client()
        if len(requests) < 2 or any(map(_targets, requests)):
            return [self._alone(client, request) for request in requests]
        pipeline: Any = client.pipeline(transaction=False)
        for verb, *parts in requests:
            # As bytes: the pipeline would encode ids that are no UTF-8 differently. The node of a
            # script's keys it would ask a server for.
            key = parts[2] if verb == "EVALSHA" else None
            node = {} if key is None else {"target_nodes": client.get_node_from_key(key)}
            pipeline.execute_command(verb, *map(encoded, parts), **node)
        return checked(pipeline.execute(raise_on_error=False))

    def _alone(self, client: RedisCluster, request: Request) -> Any:
        try:
            return client.execute_command(*_named(request), **_targets(request))
        except redis.exceptions.ResponseError as error:
            return refused(error)

    def close(self) -> None:
        """Closes the connections."""
        if self._opened is not None:
            self._opened.close()


class AsyncClusterExchange:
    """As `ClusterExchange`, for asyncio; a call waits for a free connection, as with
    `async_client`, where redis-py's raises."""

    def __init__(self, settings: Settings, timeout_s: float) -> None:
        """As `ClusterExchange`; raises as it."""
        self._client = async_cluster(settings, timeout_s)
        self._settings = settings
        self._timeout_s = timeout_s
        self._room = asyncio.Semaphore(CONNECTIONS)
        self._answered = False

    async def ask(self, *requests: Request) -> list[Any]:
        """As `ClusterExchange.ask`."""
        if not requests:
            return []
        async with asyncio.timeout(self._timeout_s):
            await self._room.acquire()
        try:
            if not self._answered:  # another client may have seen nodes meanwhile
                for host, port in _nodes(self._settings):
                    node = AsyncClusterNode(host, port, **self._client.connection_kwargs)
                    self._client.nodes_manager.startup_nodes.setdefault(node.name, node)
            async with asyncio.timeout(self._timeout_s):
                replies = await self._replies(requests)
        finally:
            self._room.release()
        self._answered = True
        remember(self._settings, self._client)
        return checked(replies)

    async def _replies(self, requests: tuple[Request, ...]) -> list[Any]:
        if len(requests) == 1 or any(map(_targets, requests)):
            calls = [self._client.execute_command(*_named(r), **_targets(r)) for r in requests]
            # All calls are waited for: none may run on by itself after the error of another.
            replies = await asyncio.gather(*calls, return_exceptions=True)
            for reply in replies:
                if isinstance(reply, BaseException) and not isinstance(reply, Exception):
                    raise reply
            return replies
        pipeline = self._client.pipeline(transaction=False)
        for request in requests:
            pipeline.execute_command(*request)
        return await pipeline.execute(raise_on_error=False)

    async def close(self) -> None:
        """Closes the connections."""
        await close_async(self._client)


def _nodes(settings: Settings) -> list[tuple[str, int]]:
    """The nodes in the URL, and those that this process has seen."""
    return list(dict.fromkeys([*nodes_of(settings), *_seen.get(settings.redis_url, ())]))
