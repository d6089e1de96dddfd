"""redis-py's asyncio client of a Redis Cluster."""

from __future__ import annotations

import asyncio
import functools
import random
from typing import Any

import redis.asyncio.retry
import redis.backoff
import redis.exceptions
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection

from ..settings import Settings
from .async_connection import CONNECTIONS
from .bounded_connection import PART_OF_ONE
from .cluster_connection import TO_ALL, name_again
from .connection import options_of
from .exchange import Request
from .redis_errors import OF_REDIS, checked
from .store_url import cluster_options, nodes_of, plain_url


def async_cluster(settings: Settings, timeout_s: float) -> RedisCluster:
    """An asyncio client of a cluster. One node gets a part of the time, so that there is time left
    for another one."""
    once_more = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 1)
    its = options_of(timeout_s * PART_OF_ONE, once_more)
    options = {**cluster_options(settings), **its}
    options["ssl"] = plain_url(settings).startswith("rediss")
    nodes = [ClusterNode(*node) for node in nodes_of(settings)]
    return RedisCluster(startup_nodes=nodes, **options)


class AsyncClusterExchange:
    """As `ClusterExchange`, for asyncio; a call waits for a free connection, as with
    `async_client`, where redis-py's raises."""

    def __init__(self, settings: Settings, timeout_s: float) -> None:
        """As `ClusterExchange`; raises as it."""
        self._client = async_cluster(settings, timeout_s)
        self._settings = settings
        self._timeout_s = timeout_s
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, *requests: Request) -> list[Any]:
        """As `ClusterExchange.ask`."""
        try:
            async with asyncio.timeout(self._timeout_s), self._room:
                # redis-py takes a client that has nodes to know the commands too: not while another
                # call connects, nor after one that was cancelled in between.
                await self._client.initialize()
                return checked(await self._replies(requests))
        except OF_REDIS:
            self._name_again()
            raise

    async def _replies(self, requests: tuple[Request, ...]) -> list[Any]:
        if len(requests) == 1:
            (request,), to = requests, TO_ALL.get(requests[0][0], {})
            try:
                return [await self._client.execute_command(*request, **to)]
            except redis.exceptions.ResponseError as error:
                return [error]
        pipeline = self._client.pipeline(transaction=False)
        for request in requests:
            pipeline.execute_command(*request)
        return await pipeline.execute(raise_on_error=False)

    async def connection(self) -> AbstractConnection:
        """A connection to open to one of the primaries that are there now, without a time-out: each
        receives what is published at any of them.

        Raises:
            RedisClusterException: no node that was seen, nor the URL's, answers.
        """
        self._name_again()
        await self._client.initialize()  # for the commands, too: see `ask`
        await self._client.nodes_manager.initialize()
        node = random.choice(self._client.get_primaries())
        options = {**node.connection_kwargs, "socket_timeout": None}
        connection: AbstractConnection = node.connection_class(**options)
        return connection

    def _name_again(self) -> None:
        node = functools.partial(ClusterNode, **self._client.connection_kwargs)
        name_again(self._client, node, self._settings)

    async def close(self) -> None:
        """Closes the connections, also those that redis-py's own `aclose` leaves open between a
        call that failed and the next one, which reads the nodes again."""
        await self._client.aclose()
        for nodes in ("nodes_cache", "startup_nodes"):
            await self._client.nodes_manager.aclose(nodes)
