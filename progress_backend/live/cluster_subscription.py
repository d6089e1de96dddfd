"""Subscriptions on a Redis Cluster: one sharded channel per partition, one connection per master.

All partitions are subscribed while any task is watched; messages of other tasks are dropped here.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

from ..operations.partitions import Layout
from ..store.cluster_connection import AsyncClusterExchange
from .ending import until_one_ends, within
from .subscription import END_S, Channel, Subscription
from .watches import Watches


class ClusterSubscription:
    """A `Subscription` over several connections; channels have the names that they have on one
    node."""

    def __init__(self, watches: Watches, layout: Layout) -> None:
        self._watches = watches
        self._parts: list[Subscription] = []
        #: Partitions whose subscription is not confirmed yet.
        self._missing = {Channel(keys.channel(""), "S") for keys in layout.keys}

    def change(self, channel: Channel) -> None:
        """Called when a channel became wanted or unwanted."""
        if not self._missing and channel in self._watches.wanted:
            self._watches.confirmed(channel)

    async def connect(
        self, cluster: AsyncClusterExchange, ping_s: float, opened: AsyncExitStack
    ) -> None:
        """Connects to every master that has partitions; the stack closes the connections."""
        names = [channel.name for channel in self._missing]
        for node, own in await within(ping_s, cluster.primaries(names)):
            channels = {Channel(name, "S") for name in own}
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
            for channel in channels:
                part.change(channel)
            self._parts.append(part)

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
