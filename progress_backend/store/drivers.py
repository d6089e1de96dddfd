"""The driver that runs flows on Redis for threads; `async_store` has the one for asyncio. No
decisions here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import redis.exceptions

from ..errors import SettingsError, StoreUnavailable
from ..flows.flow import Flow
from ..flows.task_flows import Records
from ..operations.call import Call, Layout, Request
from ..operations.counts import nodes_of
from ..operations.keys import Keys
from ..operations.scripts import SCRIPTS
from ..record import local_time
from ..settings import Settings
from .bounded_connection import Deadline, Within
from .connection import sync_client
from .exchange import Exchange
from .outage_log import fault
from .redis_errors import OF_REDIS, unavailable

if TYPE_CHECKING:
    from .cluster_connection import ClusterExchange

T = TypeVar("T")

#: Seconds after which the clock is measured again, since clocks are set and drift.
_MEASURED_S: Final = 60.0
#: Longest round trip of a measurement that is not repeated at once.
_EXACT_S: Final = 0.1
#: The scripts by their SHA-1: a server that does not know one gets its text.
_TEXTS: Final = {script.sha: script.text for script in SCRIPTS.values()}


def unknown_scripts(requests: Sequence[Request], replies: list[Any]) -> dict[int, Request]:
    """The calls of scripts that a server does not know, by their places: with the texts, which it
    then keeps. The others are done, and are not sent again."""
    if redis.exceptions.NoScriptError not in map(type, replies):
        return {}
    return {
        place: ("EVAL", _TEXTS[requests[place][1]], *requests[place][2:])
        for place, reply in enumerate(replies)
        if isinstance(reply, redis.exceptions.NoScriptError)
    }


def flows_of(settings: Settings) -> Records:
    """The flows under these settings; their commits store webhook events if targets are
    configured."""
    targets = None
    if settings.webhooks or settings.webhooks_file:
        from ..credentials.targets import targets_of

        targets = targets_of(settings)
    return Records(settings, targets, fault)


class RedisClock:
    """The offset of Redis's clock to this machine's monotonic clock, which is never set."""

    def __init__(self) -> None:
        #: Seconds by which Redis's clock is ahead; None before it was measured.
        self._ahead: float | None = None
        self._measured_at = 0.0

    @property
    def unknown(self) -> bool:
        """Whether the clock has to be measured: never done, or more than a minute ago."""
        return self._ahead is None or monotonic() > self._measured_at + _MEASURED_S

    def seconds(self) -> float:
        """Seconds since 1970 by Redis's clock; before it was measured, by this machine's."""
        return time.time() if self._ahead is None else monotonic() + self._ahead

    def measured(self, sent: float, reply: Sequence[bytes | str]) -> bool:
        """Keeps the offset that a reply to TIME shows, half the round trip allowed for; `sent` is
        the monotonic time of the request. Whether that is exact: it is not when the round trip was
        long (a login, or a server that hung), and is measured once more then."""
        received = monotonic()
        seconds, micros = (int(part) for part in reply)
        theirs = seconds + micros / 1e6
        # An offset that this reply allows stays: on a busy machine a measurement would else set the
        # times of records back.
        if self._ahead is None or not theirs - received <= self._ahead <= theirs - sent:
            self._ahead = theirs - (sent + received) / 2
        self._measured_at = received
        return received - sent < _EXACT_S


class StoreBase:
    """Base of both stores: settings, key names, flows and Redis's time."""

    def __init__(self, settings: Settings) -> None:
        if settings.redis_url is None:
            raise SettingsError("no store: set PROGRESS_REDIS_URL, e.g. redis://127.0.0.1:6379/0")
        self.settings = settings
        self.keys = Keys(settings.key_prefix)
        self.layout = Layout.of(settings)
        self.flows = flows_of(settings)
        self._clock = RedisClock()
        self._zone = settings.zone()

    def now(self) -> datetime:
        """Redis's time, from its clock as last measured, in whole milliseconds and the configured
        zone; before `ready`, this machine's time."""
        return local_time.at(int(self._clock.seconds() * 1000) / 1000, self._zone)


class Store(StoreBase):
    """A blocking store; one per process, made after the fork, shared by its threads.

    It connects at its first use. `timeout_s` bounds each call as a whole, connecting included,
    outside of `within` blocks.
    """

    def __init__(self, settings: Settings, timeout_s: float = 5.0) -> None:
        super().__init__(settings)
        self.deadline = deadline = Deadline(timeout_s)
        self._exchange: Exchange | ClusterExchange
        if settings.clustered:
            from .cluster_connection import ClusterExchange  # redis-py's cluster client is large

            self._exchange = ClusterExchange(settings, deadline)
        else:
            self._exchange = Exchange(sync_client(settings, deadline), deadline)

    def within(self, seconds: float) -> Within:
        """`with`: bounds all store calls of this thread in the block to so many seconds
        together."""
        return self.deadline.within(seconds)

    def run(self, flow: Flow[T]) -> T:
        """Drives a flow to its end.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
            Exception: whatever the flow itself raises.
        """
        if self._clock.unknown:
            self.measure_clock()
        reply: Any = None
        try:
            while True:
                reply = self.execute(flow.send(reply))
        except StopIteration as end:
            result: T = end.value
            return result

    def execute(self, call: Call[T]) -> T:
        """Carries out one call."""
        requests, parse = call.asked(self.layout)
        return parse(self._replies(requests))

    def _replies(self, requests: Sequence[Request]) -> list[Any]:
        """The replies to requests that are sent together, within one bound."""
        deadline, outer = self.deadline, self.deadline.until
        if outer is None:  # as `within`, without its calls
            deadline.until = monotonic() + deadline.timeout_s
        try:
            replies = self._exchange.ask(*requests)
            if again := unknown_scripts(requests, replies):
                for place, reply in zip(again, self._exchange.ask(*again.values()), strict=True):
                    replies[place] = reply
            deadline.replies += 1
            return replies
        except OF_REDIS as error:
            raise unavailable(error) from error
        finally:
            deadline.until = outer

    def packed(self, requests: Sequence[bytes]) -> list[Any]:
        """The raw replies to packed requests that are sent together, errors too; none where the
        connection for them is busy. Not on a Cluster, where a client picks each one's node.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        assert isinstance(self._exchange, Exchange)
        try:
            replies = self._exchange.replies_to(b"".join(requests), len(requests)) or []
            self.deadline.replies += bool(replies)
            return replies
        except OF_REDIS as error:
            raise unavailable(error) from error

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
        return local_time.at(int(clock.seconds() * 1000) / 1000, self._zone)

    def measure_clock(self) -> None:
        """Measures the offset to Redis's TIME; each renewal of a lease calls it."""
        with self.deadline.within():
            for _ in range(2):
                sent = monotonic()
                if self._clock.measured(sent, *self._replies([("TIME",)])):
                    return

    def server(self) -> str:
        """The `run_id` of the Redis server that answers; "" where this user may not read INFO."""
        try:
            (reply,) = self._replies([("INFO", "server")])
        except StoreUnavailable as error:
            if isinstance(error.__cause__, redis.exceptions.NoPermissionError):
                return ""
            raise
        return "".join(str(node.get("run_id", "")) for node in nodes_of(reply))

    def close(self) -> None:
        """Closes the connections."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
