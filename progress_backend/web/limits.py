"""Limits of what one client may do at this process: writes, bytes, sockets, event streams. Routes
and sockets ask here, once their caller may do what is asked for.

A client is a bearer token's name, or the owner that a site's `authorize` names; without either it
is the address, and of share tokens, of which many people have the same, the address with what the
token shows: a client that opens too much without a token does not shut them out. A request from
this machine without a token is not counted.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from starlette.types import Scope

from ..settings import Settings
from .access import is_from_here
from .callers import caller_of
from .rights import WRITES, Action, Refusal

#: Seconds of writes that a client may send at once.
BURST_S: Final = 10.0
#: Bytes of a body that are not counted, but of one that creates: a record has so many whatever is
#: written.
FREE: Final = 4096
#: Bits of an IPv6 address that are one client's: it may choose the others.
_NETWORK: Final = 64
#: Addresses with a cached client.
_REMEMBERED: Final = 1024
#: Lines of the audit log about what a client may not do: at once, and a minute.
_REFUSED: Final = 10
#: What a socket that was refused may wait before it tries again, in seconds.
_AGAIN_S: Final = 30
#: Clients that a bucket's counts remember: those that took last.
REMEMBERED: Final = 10_000


class Limits:
    """The counts of one application's clients, under its settings; `clock` is never set back."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._settings = settings
        rate, kept_s = settings.max_writes, settings.unstarted_s
        self._rate, self._at_once = rate, max(rate * BURST_S, 1.0)
        self._writes = Buckets(rate, self._at_once) if rate else None
        size = settings.max_created_bytes
        self._bytes = Buckets(size / kept_s, size) if size else None
        self._refused = Buckets(_REFUSED / 60, _REFUSED)
        self._sockets = settings.max_sockets
        self._of_client = settings.max_client_sockets
        #: Open sockets and event streams.
        self.open = 0
        self._open: Counter[str] = Counter()

    def of_write(self, scope: Scope, action: Action) -> Refusal | None:
        """The refusal of a request that changes something; None if it passes, and is counted."""
        if action not in WRITES or (client := _counted_writer(scope)) is None:
            return None
        wait_s = self._wait(self._writes, client)
        return self._too_often(wait_s) if wait_s > 0 else None

    def of_many(self, scope: Scope, many: int) -> Refusal | None:
        """The refusal of a request that changes so many tasks, and has passed as one; None if it
        passes, and all are counted: of more than may be written at once, as many as that."""
        if self._writes is None or (client := _counted_writer(scope)) is None:
            return None
        units = min(float(many), self._at_once) - 1
        if units > 0 and (wait_s := self._wait(self._writes, client, units)) > 0:
            # The same request takes one more as it comes again.
            return self._too_often(wait_s + 1 / self._rate)
        return None

    def of_body(self, scope: Scope, size: int) -> Refusal | None:
        """The refusal of a body of which `size` bytes count; None if it passes, and is counted."""
        if size <= 0 or (client := client_of(scope)) is None:
            return None
        if (wait_s := self._wait(self._bytes, client, size)) > 0:
            most, span_s = self._settings.max_created_bytes, self._settings.unstarted_s
            why = f"this client has sent too many bytes: above {most} in {span_s:g} s "
            return _too_many("bytes", f"{why}(PROGRESS_MAX_CREATED_BYTES)", wait_s)
        return None

    def of_stream(self, scope: Scope) -> Refusal | Callable[[], None]:
        """The refusal of a socket or event stream; else it is counted, until the function that is
        returned is called."""
        if self._sockets and self.open >= self._sockets:
            why = f"too many sockets and event streams are open: {self._sockets}, the most of all "
            return _too_many("sockets", f"{why}clients (PROGRESS_MAX_SOCKETS)", _AGAIN_S)
        client = client_of(scope)
        if client is not None:
            if self._of_client and self._open[client] >= self._of_client:
                why = "this client has too many sockets and event streams open: "
                why += f"{self._of_client} (PROGRESS_MAX_CLIENT_SOCKETS)"
                return _too_many("client_sockets", why, _AGAIN_S)
            self._open[client] += 1
        self.open += 1
        return partial(self._closed, client)

    def writes_refused_line(self, client: str) -> bool:
        """Whether a client may have one more line of the audit log about what it may not do."""
        return self._wait(self._refused, client) == 0

    def _closed(self, client: str | None) -> None:
        self.open -= 1
        if client is None:
            return
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]

    def _too_often(self, wait_s: float) -> Refusal:
        why = f"this client writes too often: above {self._rate:g} a second (PROGRESS_MAX_WRITES)"
        return _too_many("writes", why, wait_s)

    def _wait(self, buckets: Buckets | None, client: str, units: float = 1.0) -> float:
        return 0.0 if buckets is None else buckets.take(client, self._clock(), units)


def client_of(scope: Scope) -> str | None:
    """The client that a permitted request counts for; None: it is not counted."""
    caller = caller_of(scope)
    if caller.name and caller.until is None:
        return f"{caller.name!r} {caller.owner!r}"
    peer = scope.get("client") or ("", 0)
    # Clients of a proxy on this machine are one, where uvicorn does not trust it.
    address = None if is_from_here(scope) else _client_at(peer[0])
    if address is None or not caller.name:
        return address
    return f"{address} {caller.only!r} {caller.task_type!r} {caller.owner!r}"


def _counted_writer(scope: Scope) -> str | None:
    """The client by which writes a second are counted: none of a service with a token for all
    tasks, since its writes are those of all its users."""
    caller = caller_of(scope)
    return None if caller.token is not None and not caller.limited else client_of(scope)


@lru_cache(_REMEMBERED)
def _client_at(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address  # a Unix socket has none, a proxy's may be a name
    found = getattr(found, "ipv4_mapped", None) or found
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, _NETWORK), strict=False))


def _too_many(kind: str, why: str, wait_s: float) -> Refusal:
    return Refusal(429, why, kind, max(1, math.ceil(wait_s)))


class Buckets:
    """A bucket of each client. The package limits has windows, no buckets: of bytes it would keep
    an entry each, and of clients all, until a thread of its own removes them.

    A bucket holds `most` units and fills by `rate` units a second. Of each client one number is
    kept: the time at which its bucket is full again. A client that is forgotten has a full one.

    Args:
        rate: units a second by which a bucket fills.
        most: units that a full bucket holds.
    """

    def __init__(self, rate: float, most: float) -> None:
        self._rate = rate
        self._most = most
        #: When each client's bucket is full again, in the order of the last take.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, client: str, now: float, units: float = 1.0) -> float:
        """Takes units out of a client's bucket, if they are in it; more than a bucket holds are
        given out of a full one.

        Args:
            client: the client's name.
            now: seconds on a clock that is never set back.
            units: how much is taken.

        Returns:
            0 if it was taken; else the seconds until it may be, and nothing was taken.
        """
        full_at = max(self._full_at.get(client, now), now)
        wait_s = full_at - now - max(self._most - units, 0.0) / self._rate
        if wait_s > 0:
            return wait_s
        self._full_at[client] = full_at + units / self._rate
        self._full_at.move_to_end(client)
        if len(self._full_at) > REMEMBERED:
            self._full_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)
