"""redis-py's client of a Redis Cluster, which knows its nodes from any node that answers."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Final

import redis.backoff
import redis.exceptions
import redis.retry
from redis.cluster import ClusterNode, RedisCluster

from ..errors import StoreUnavailable
from ..settings import Settings
from .bounded_connection import Deadline, pool_of_a_node
from .connection import options_of
from .exchange import Request, encoded
from .redis_errors import OF_REDIS, checked, reply_or_raise
from .store_url import cluster_options, nodes_of, plain_url

#: Requests that each primary gets.
TO_ALL: Final = {"INFO": {"target_nodes": RedisCluster.PRIMARIES}}


def sync_cluster(settings: Settings, deadline: Deadline) -> RedisCluster:
    """A blocking client of a cluster; it connects at once. One retry lets it follow a slot that has
    moved."""
    once_more = redis.retry.Retry(redis.backoff.NoBackoff(), 1)
    options = {**cluster_options(settings), **options_of(deadline.timeout_s, once_more)}
    return RedisCluster(
        startup_nodes=[ClusterNode(*node) for node in nodes_of(settings)],
        url=plain_url(settings),
        connection_pool_class=functools.partial(pool_of_a_node, deadline),
        **options,
    )


def name_again(client: Any, node: Callable[[str, int], Any], settings: Settings) -> None:
    """Lets a client look for nodes at the URL's names too: redis-py keeps the addresses that it has
    found, and all of them may be others by now."""
    named, known = (node(*at) for at in nodes_of(settings)), client.nodes_manager.startup_nodes
    client.nodes_manager.startup_nodes = {one.name: one for one in named} | known


class ClusterExchange:
    """Requests to a Redis Cluster; redis-py picks the nodes, and connects at the first use. Its
    threads take turns, each as long as it may wait: redis-py's own lock has no bound."""

    def __init__(self, settings: Settings, deadline: Deadline) -> None:
        """Checks the URL.

        Raises:
            SettingsError: it cannot be used.
        """
        cluster_options(settings)
        self._settings = settings
        self._deadline = deadline
        self._turn = threading.Lock()
        self._opened: RedisCluster | None = None

    def ask(self, *requests: Request) -> list[Any]:
        """The replies to requests, those with keys sent together; as `Exchange.ask`, but that
        redis-py has parsed some."""
        if not self._turn.acquire(timeout=self._deadline.left()):
            raise StoreUnavailable("the progress store is in use by another thread", late=True)
        try:
            self._opened = self._opened or sync_cluster(self._settings, self._deadline)
            return self._replies(self._opened, requests)
        except OF_REDIS:
            if self._opened is not None:
                name_again(self._opened, ClusterNode, self._settings)
            raise
        finally:
            self._turn.release()

    def _replies(self, client: RedisCluster, requests: tuple[Request, ...]) -> list[Any]:
        if len(requests) == 1:
            (request,), to = requests, TO_ALL.get(requests[0][0], {})
            try:
                return [client.execute_command(*request, **to)]
            except redis.exceptions.ResponseError as error:
                return [reply_or_raise(error)]
        pipeline: Any = client.pipeline(transaction=False)
        for verb, *parts in requests:
            # As bytes: the pipeline would encode ids that are no UTF-8 differently. The node of a
            # script's keys it would ask a server for.
            script = verb in ("EVAL", "EVALSHA")
            node = {"target_nodes": client.get_node_from_key(parts[2])} if script else {}
            pipeline.execute_command(verb, *map(encoded, parts), **node)
        return checked(pipeline.execute(raise_on_error=False))

    def close(self) -> None:
        """Closes the connections."""
        if self._opened is not None:
            self._opened.close()
