"""Subscriptions on a Redis Cluster: one sharded channel per partition, one connection per master.

All partitions are subscribed while any task is watched; messages of other tasks are dropped here.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

from ..operations.partitions import Layout
from ..settings import Settings
from ..store.cluster_connection import async_cluster, name_again
from ..store.connection import close_async
from .ending import until_one_ends, within
from .subscription import END_S, Channel, Subscription
from .watches import Watches


class ClusterSubscription:
    """A `Subscription` over several connections, which can be made again; channels have the names
    that they have on one node."""

    def __init__(self, settings: Settings, watches: Watches, ping_s: float) -> None:
        self._client = async_cluster(settings, ping_s)
        self._settings = settings
        self._partitions = [Channel(keys.channel(""), "S") for keys in Layout.of(settings).keys]
        self._watches = watches
        self._ping_s = ping_s
        self._parts: list[Subscription] = []
        #: Partitions whose subscription is not confirmed yet.
        self._missing: set[Channel] = set()

    def change(self, channel: Channel) -> None:
        """Called when a channel became wanted or unwanted."""
        if self._parts and not self._missing and channel in self._watches.wanted:
            self._watches.confirmed(channel)

    async def connect(self, opened: AsyncExitStack) -> None:
        """Connects to every master that has partitions, for one epoch; the stack closes the
        connections."""
        self._parts, self._missing = [], set(self._partitions)
        # From any node that it has seen, or the URL's.
        name_again(self._client, self._settings)
        await within(self._ping_s, self._client.nodes_manager.initialize())
        owners = {one: self._client.get_node_from_key(one.name) for one in self._partitions}
        for node in self._client.get_primaries():
            # By name: redis-py 6, which Celery 5.6 allows, cannot compare its nodes.
            channels = {one for one, owner in owners.items() if owner and owner.name == node.name}
            connection = node.connection_class(**{**node.connection_kwargs, "socket_timeout": None})
            opened.push_async_callback(connection.disconnect, nowait=True)
            await within(self._ping_s, connection.connect())
            part = Subscription(
                connection,
                wanted=channels,
                confirmed=self._stands,
                received=self._take,
                ping_s=self._ping_s,
            )
            for channel in channels:
                part.change(channel)
            self._parts.append(part)

    async def close(self) -> None:
        """Closes what has read the nodes."""
        await close_async(self._client)

    @property
    def replied_at(self) -> float | None:
        """Monotonic time of the oldest of the masters' last replies."""
        known = [part.replied_at for part in self._parts if part.replied_at is not None]
        return min(known) if known and len(known) == len(self._parts) else None

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
            named, place = [("all", ""), ("task", str(body["task_id"]))], body.get("workflow") or {}
            # On one node a message of its own says that a workflow's member was committed.
            named += [("workflow", str(place[name])) for name in ("id", "canvas") if name in place]
        except (ValueError, KeyError, TypeError):
            return
        for kind, its_id in named:
            self._watches.received(self._watches.channel(kind, its_id), document)
