"""The driver that runs flows on Redis for asyncio."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar

import redis.exceptions

from ..errors import StoreUnavailable
from ..flows.flow import Flow
from ..operations import locks
from ..operations.call import Call, Request
from ..operations.commit import Commit
from ..operations.commits import CommitCall
from ..operations.index_entry import Facets
from ..settings import Settings
from .async_connection import async_client
from .async_exchange import AsyncExchange
from .drivers import StoreBase, unknown_scripts
from .redis_errors import OF_REDIS, unavailable

if TYPE_CHECKING:
    from .async_cluster_connection import AsyncClusterExchange

T = TypeVar("T")
#: No document has this digest, so that Redis checks the commit and writes nothing.
_CHANGES_NOTHING = Commit("health", "none", b"", None, Facets("", ""), 1, None)


class AsyncStore(StoreBase):
    """The store for asyncio; one per event loop."""

    def __init__(self, settings: Settings, *, timeout_s: float = 5.0) -> None:
        super().__init__(settings)
        #: The error with which Redis refused the last commit; "" if it was done.
        self.refusal = ""
        self.cluster: AsyncClusterExchange | None = None
        if settings.clustered:
            from .async_cluster_connection import AsyncClusterExchange

            self.cluster = AsyncClusterExchange(settings, timeout_s)
        self._exchange: AsyncExchange | AsyncClusterExchange = self.cluster or AsyncExchange(
            async_client(settings, timeout_s), timeout_s
        )

    async def run(self, flow: Flow[T]) -> T:
        """Drives a flow to its end; raises as `Store.run`."""
        await self.ready()
        reply: Any = None
        try:
            while True:
                reply = await self.execute(flow.send(reply))
        except StopIteration as end:
            result: T = end.value
            return result

    async def execute(self, call: Call[T]) -> T:
        """Carries out one call."""
        requests, parse = call.asked(self.layout)
        try:
            replies = await self._replies(requests)
        except StoreUnavailable as error:
            refused = isinstance(error.__cause__, redis.exceptions.ResponseError)
            if refused and isinstance(call, CommitCall):
                self.refusal = str(error)
            raise
        if isinstance(call, CommitCall):
            self.refusal = ""
        return parse(replies)

    async def _replies(self, requests: Sequence[Request]) -> list[Any]:
        try:
            replies = await self._exchange.ask(*requests)
            if again := unknown_scripts(requests, replies):
                each = await self._exchange.ask(*again.values())
                for place, reply in zip(again, each, strict=True):
                    replies[place] = reply
            return replies
        except OF_REDIS as error:
            raise unavailable(error) from error

    async def try_writes(self) -> None:
        """Writes a key for a moment, and sends a commit that changes nothing, if Redis has refused
        the last commit: another process may have mended the cause since."""
        if self.refusal:
            with suppress(StoreUnavailable):
                await self.execute(locks.take("health", "health", 1))
                await self.execute(CommitCall(_CHANGES_NOTHING))

    async def ready(self) -> None:
        """As `Store.ready`."""
        if self._clock.unknown:
            await self.measure_clock()

    async def measure_clock(self) -> None:
        """Measures the offset to Redis's TIME."""
        for _ in range(2):
            sent = monotonic()
            if self._clock.measured(sent, *await self._replies([("TIME",)])):
                return

    async def close(self) -> None:
        """Closes the connections."""
        await self._exchange.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
