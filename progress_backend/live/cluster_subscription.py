"""Subscriptions on a Redis Cluster: one sharded channel per partition, one connection per master.

All partitions are subscribed while any task is watched; messages of other tasks are dropped here.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import Any

import redis.exceptions
from redis.asyncio.cluster import ClusterNode

from ..operations.keys import Keys
from ..operations.partitions import Layout
from ..settings import Settings
from ..store.cluster_connection import async_cluster, remember
from ..store.connection import close_async
from .ending import until_one_ends, within
from .subscription import END_S, Channel, Subscription
from .watches import Watches


class ClusterSubscription:
    """A `Subscription` over several connections; channels have the names that they have on one
    node."""

    def __init__(self, keys: Keys, watches: Watches) -> None:
        self._keys = keys
        self._every = Channel(keys.every_channel, "P")
        self._watches = watches
        self._parts: list[Subscription] = []
        #: Partitions whose subscription is not confirmed yet.
        self._missing: set[Channel] = set()

    def change(self, channel: Channel) -> None:
        """Called when a channel became wanted or unwanted."""
        if self._parts and not self._missing and channel in self._watches.wanted:
            self._watches.confirmed(channel)

    async def connect(self, settings: Settings, ping_s: float, opened: AsyncExitStack) -> None:
        """Connects to every master that has partitions, for one epoch; the stack closes the
        connections."""
        client = async_cluster(settings, ping_s)
        opened.push_async_callback(close_async, client)
        await within(ping_s, client.initialize())
        remember(settings, client)
        for node, channels in _by_master(client, settings):
            connection = node.connection_class(**{**node.connection_kwargs, "socket_timeout": None})
            opened.push_async_callback(connection.disconnect, nowait=True)
            await within(ping_s, connection.connect())
            part = Subscription(
                connection,
                wanted=channels,
                confirmed=self._stands,
                received=self._take,
                ping_s=ping_s,
            )
            self._missing |= channels
            for channel in channels:
                part.change(channel)
            self._parts.append(part)

    @property
    def replied_at(self) -> float | None:
        """Monotonic time of the oldest of the masters' last replies."""
        times = [part.replied_at for part in self._parts]
        known = [at for at in times if at is not None]
        return min(known) if known and len(known) == len(times) else None

    async def run(self) -> None:
        """Subscribes and receives messages; ends only by raising."""
        await until_one_ends(END_S, *(part.run() for part in self._parts))

    def _stands(self, channel: Channel) -> None:
        self._missing.discard(channel)
        if not self._missing:
            for wanted in tuple(self._watches.wanted):
                self._watches.confirmed(wanted)

    def _take(self, channel: Channel, document: bytes) -> None:
        try:
            body = json.loads(document)
            task_id = str(body["task_id"])
        except (ValueError, KeyError, TypeError):
            return
        for named in (Channel(self._keys.channel(task_id)), self._every):
            self._watches.received(named, document)
        # On one node a message of its own says that a workflow's member was committed.
        place = body.get("workflow")
        for name in ("id", "canvas") if isinstance(place, dict) else ():
            named = Channel(self._keys.workflow_channel(str(place.get(name))))
            self._watches.received(named, b"")


def _by_master(client: Any, settings: Settings) -> list[tuple[ClusterNode, set[Channel]]]:
    # By name: redis-py 6, which Celery 5.6 allows, cannot hash its nodes.
    masters: dict[str, tuple[ClusterNode, set[Channel]]] = {}
    for keys in Layout.of(settings).keys:
        channel = Channel(keys.channel(""), "S")
        node = client.get_node_from_key(channel.name)
        if node is None:
            raise redis.exceptions.ClusterDownError(f"no node serves {channel.name}")
        masters.setdefault(node.name, (node, set()))[1].add(channel)
    return list(masters.values())
