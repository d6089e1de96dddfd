"""Drivers that run flows on Redis: `Store` for threads, `AsyncStore` for asyncio. No decisions
here."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from time import monotonic
from typing import Any, Final, Self, TypeVar

import redis.exceptions
from redis.cluster import RedisCluster

from ..errors import SettingsError, StoreUnavailable
from ..flows.flow import Flow, completed
from ..flows.task_flows import Flows
from ..operations.call import Call, Request
from ..operations.commits import CommitCall
from ..operations.keys import Keys
from ..operations.partitions import Layout
from ..operations.scripts import SCRIPTS
from ..record.local_time import LocalTime
from ..settings import Settings
from ..targets import targets_of
from .async_exchange import AsyncExchange
from .cluster_connection import async_cluster, check_cluster, sync_cluster
from .connection import async_client, close_async, sync_client
from .deadline import Deadline, Within
from .exchange import Exchange, encoded
from .outage_log import fault
from .redis_clock import RedisClock
from .redis_errors import MAPPED, answered

T = TypeVar("T")

#: Commands whose replies redis-py returns unparsed anyway; its parsing of hundreds of ids takes a
#: millisecond.
_AS_THEY_COME: Final = frozenset({"EVALSHA", "GETRANGE", "HMGET", "ZCOUNT"})
#: The scripts that only read documents.
_READS: Final = frozenset(SCRIPTS[name].sha for name in ("page", "top", "before"))


class _Base:
    """Base of both stores: settings, key names, flows and Redis's time."""

    def __init__(self, settings: Settings) -> None:
        if settings.redis_url is None:
            raise SettingsError("no store: set PROGRESS_REDIS_URL, e.g. redis://127.0.0.1:6379/0")
        self.settings = settings
        self.keys = Keys(settings.key_prefix)
        self.layout = Layout.of(settings)
        self.flows = Flows(settings, targets_of(settings), fault)
        self._clock = RedisClock()
        self._local = LocalTime(settings.zone())
        #: The error with which Redis refused the last commit; "" if it was done.
        self.refusal = ""

    def now(self) -> datetime:
        """Redis's time, from its clock as last measured, in whole milliseconds and the configured
        zone; before `ready`, this machine's time."""
        return self._local.at(int(self._clock.seconds() * 1000) / 1000)

    def _targets(self, request: Request) -> dict[str, str]:
        """On a cluster, the nodes of a request without a key: INFO and SCRIPT LOAD go to every
        primary."""
        if self.settings.clustered and request[0] in ("INFO", "SCRIPT LOAD"):
            return {"target_nodes": RedisCluster.PRIMARIES}
        return {}


class Store(_Base):
    """A blocking store; one per process, made after the fork, shared by its threads.

    It connects at its first use. `timeout_s` bounds each call as a whole, connecting included,
    outside of `within` blocks.
    """

    def __init__(self, settings: Settings, timeout_s: float = 5.0) -> None:
        super().__init__(settings)
        self.deadline = deadline = Deadline(timeout_s)
        self._opening = threading.Lock()
        self._opened: Any = None
        self._exchange: Exchange | None = None
        #: Whether `packed` sends requests: on a Cluster a client picks the node of each.
        self.sends_packed = not settings.clustered
        if settings.clustered:
            check_cluster(settings)
        else:
            self._opened = sync_client(settings, deadline)
            # A cluster's client picks the node.
            self._exchange = Exchange(self._opened, deadline)

    @property
    def _client(self) -> Any:
        """The redis-py client; a cluster's reads the nodes when it is made, so at its first use."""
        if self._opened is None:
            with self.deadline.within():
                if not self._opening.acquire(timeout=self.deadline.left()):
                    raise StoreUnavailable("the progress store is being connected to", late=True)
                try:
                    if self._opened is None:
                        self._opened = sync_cluster(self.settings, self.deadline)
                finally:
                    self._opening.release()
        return self._opened

    def within(self, seconds: float) -> Within:
        """`with`: bounds all store calls of this thread in the block to so many seconds
        together."""
        return self.deadline.within(seconds)

    def left_s(self) -> float:
        """Seconds that are left of the block's time.

        Raises:
            TimeoutError: no time is left.
        """
        return self.deadline.left()

    def run(self, flow: Flow[T]) -> T:
        """Drives a flow to its end.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
            Exception: whatever the flow itself raises.
        """
        self.ready()
        return completed(flow, self.execute)

    def execute(self, call: Call[T]) -> T:
        """Carries out one call."""
        if self.deadline.until is None:
            with self.deadline.within():
                return self.execute(call)
        requests, parse = call.asked(self.layout)
        with MAPPED:
            try:
                return parse(self._send(requests))
            except redis.exceptions.NoScriptError:
                self._send([("SCRIPT LOAD", script.text) for script in SCRIPTS.values()])
                return parse(self._send(requests))

    def packed(self, request: bytes) -> Any:
        """The reply to one packed request; None where the connection for it is busy, or the server
        does not know its script.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
        """
        assert self._exchange is not None
        try:
            return self._exchange.reply_to(request)
        except redis.exceptions.NoScriptError:
            return None
        except Exception:
            with MAPPED:
                raise

    def _send(self, requests: list[Request]) -> list[Any]:
        if self._exchange and requests and requests[0][0] in _AS_THEY_COME:
            return self._exchange.ask(*requests)
        if len(requests) < 2 or any(map(self._targets, requests)):
            return [self._alone(request) for request in requests]
        pipeline = self._client.pipeline(transaction=False)
        for verb, *parts in requests:
            # As bytes: a cluster's pipeline would encode ids that are no UTF-8 differently.
            place = self._place((verb, *parts))
            pipeline.execute_command(verb, *map(encoded, parts), **place)
        return [answered(reply) for reply in pipeline.execute(raise_on_error=False)]

    def _alone(self, request: Request) -> Any:
        try:
            return self._client.execute_command(*request, **self._targets(request))
        except redis.exceptions.ResponseError as error:
            return answered(error)

    def _place(self, request: Request) -> dict[str, Any]:
        """On a cluster, the node of a script's keys, which redis-py's pipeline would ask a server
        for."""
        if self.settings.clustered and request[0] == "EVALSHA":
            return {"target_nodes": self._client.get_node_from_key(request[3])}
        return {}

    def ready(self) -> None:
        """Measures Redis's clock unless that was less than a minute ago: called before a `now()`
        that is recorded."""
        if self._clock.unknown:
            self.measure_clock()

    def measured_now(self) -> datetime:
        """`now`, by a clock that was measured in the last minute.

        Raises:
            StoreUnavailable: the clock has to be measured, and Redis does not answer.
        """
        clock = self._clock
        if clock.unknown:
            self.measure_clock()
        return self._local.at(int(clock.seconds() * 1000) / 1000)

    def measure_clock(self) -> None:
        """Measures the offset to Redis's TIME; each renewal of a lease calls it."""
        with MAPPED, self.deadline.within():
            for _ in range(2):
                if self._clock.measured(monotonic(), self._client.execute_command("TIME")):
                    return

    def server(self) -> str:
        """The `run_id` of the Redis server that answers; "" where this user may not read INFO."""
        with MAPPED, self.deadline.within():
            try:
                return str(self._client.info("server").get("run_id", ""))
            except redis.exceptions.NoPermissionError:
                return ""

    def close(self) -> None:
        """Closes the connections."""
        if self._opened is not None:
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncStore(_Base):
    """The store for asyncio; one per event loop."""

    def __init__(self, settings: Settings, *, timeout_s: float = 5.0) -> None:
        super().__init__(settings)
        if settings.clustered:
            check_cluster(settings)
        opened: Any = async_cluster if settings.clustered else async_client
        self._client = opened(settings, timeout_s)
        self._timeout_s = timeout_s
        self._exchange = None if settings.clustered else AsyncExchange(self._client, timeout_s)

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
            with MAPPED:
                try:
                    reply = parse(await self._send(requests))
                except redis.exceptions.NoScriptError:
                    await self._send([("SCRIPT LOAD", script.text) for script in SCRIPTS.values()])
                    reply = parse(await self._send(requests))
        except StoreUnavailable as error:
            refused = isinstance(error.__cause__, redis.exceptions.ResponseError)
            if isinstance(call, CommitCall) and (
                refused or isinstance(error.__cause__, redis.exceptions.ReadOnlyError)
            ):
                self.refusal = str(error)
            raise
        if isinstance(call, CommitCall):
            self.refusal = ""
        return reply

    async def _send(self, requests: list[Request]) -> list[Any]:
        if not requests:
            return []
        if self._exchange and _reads(requests[0]):
            return await self._exchange.read(requests)
        async with self._whole():
            return await self._send_its_way(requests)

    async def _send_its_way(self, requests: list[Request]) -> list[Any]:
        if len(requests) == 1 or any(map(self._targets, requests)):
            calls = [self._client.execute_command(*r, **self._targets(r)) for r in requests]
            # All calls are waited for: none may run on by itself after the error of another.
            replies = await asyncio.gather(*calls, return_exceptions=True)
            for reply in replies:
                if isinstance(reply, BaseException) and not isinstance(reply, Exception):
                    raise reply
        else:
            pipeline = self._client.pipeline(transaction=False)
            for request in requests:
                pipeline.execute_command(*request)
            replies = await pipeline.execute(raise_on_error=False)
        return [answered(reply) for reply in replies]

    def _whole(self) -> asyncio.Timeout:
        """The bound of a whole call, since redis-py bounds each step: `timeout_s` to get a
        connection, and once more for the call. A cluster's client has its own bound."""
        return asyncio.timeout(None if self.settings.clustered else 2 * self._timeout_s)

    async def ready(self) -> None:
        """As `Store.ready`."""
        if self._clock.unknown:
            await self.measure_clock()

    async def measure_clock(self) -> None:
        """Measures the offset to Redis's TIME."""
        with MAPPED:
            async with self._whole():
                for _ in range(2):
                    sent = monotonic()
                    if self._clock.measured(sent, await self._client.execute_command("TIME")):
                        return

    async def close(self) -> None:
        """Closes the connections."""
        await close_async(self._client)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _reads(request: Request) -> bool:
    """Whether a request only reads documents, so that it may be sent again."""
    return request[0] == "GETRANGE" or (request[0] == "EVALSHA" and request[1] in _READS)
