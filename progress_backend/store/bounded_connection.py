"""A thread's deadline for all that it waits for at the store; and redis-py connections with socket
calls that end by it.

redis-py bounds each single socket call, so that a reply that comes byte by byte, or a login of many
steps, may take many times that bound.
"""

from __future__ import annotations

import functools
import socket
import threading
from time import monotonic
from types import TracebackType
from typing import Any

import redis.connection
import redis.exceptions

#: The part of the remaining time that one of several nodes may take to connect and to answer: a
#: call that tries several nodes must not spend all its time on the first, which may be the one that
#: hangs.
PART_OF_ONE = 1 / 2
#: The time-out where no time is left: redis-py takes 0 for "do not wait" instead of timing out.
_LEAST_S = 0.001


class Deadline(threading.local):
    """The deadline of a Redis client's calls; each thread (under gevent each greenlet) has its own.

    Connecting, login, sending and every piece of a reply count into one deadline: a server that
    answers byte by byte gets no more time than one that does not answer.
    """

    def __init__(self, timeout_s: float) -> None:
        #: Bound of a call outside of any `within` block.
        self.timeout_s = timeout_s
        #: Monotonic time of the deadline; None outside of any block.
        self.until: float | None = None
        #: How often the server has replied to this thread.
        self.replies = 0

    def left(self) -> float:
        """Seconds that are left until the deadline.

        Raises:
            TimeoutError: the deadline has passed.
        """
        if self.until is None:
            return self.timeout_s
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("the time for it is over")
        return left

    def within(self, seconds: float | None = None) -> Within:
        """`with`: bounds all waits in the block to so many seconds together, and to the deadline of
        the block around it; without a number, to that deadline, or else to `timeout_s`."""
        return Within(self, seconds)


class Within:
    """See `Deadline.within`."""

    __slots__ = ("_deadline", "_outer", "_seconds")

    def __init__(self, deadline: Deadline, seconds: float | None) -> None:
        self._deadline = deadline
        self._seconds = seconds

    def __enter__(self) -> None:
        self._outer = outer = self._deadline.until
        seconds = self._seconds
        if seconds is None:
            if outer is not None:
                return
            seconds = self._deadline.timeout_s
        until = monotonic() + seconds
        self._deadline.until = until if outer is None or until < outer else outer

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._deadline.until = self._outer


class BoundedSocket:
    """A connected socket: its reads and writes end by the thread's deadline; all else is the
    socket's own."""

    def __init__(self, sock: Any, deadline: Deadline, part: float) -> None:
        self.sock = sock
        self._deadline = deadline
        self._part = part
        #: Monotonic time by which the last request has to be answered.
        self._until = float("inf")
        #: Whether redis-py only checks for received bytes, without waiting.
        self._polling = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def settimeout(self, seconds: float | None) -> None:
        """Only a time-out of 0 (do not wait) is taken over; the deadline decides otherwise."""
        self._polling = seconds == 0
        if self._polling:
            self.sock.settimeout(0)

    def sendall(self, data: bytes) -> None:
        """Raises TimeoutError, as the socket's own."""
        left = self._deadline.left() * self._part
        self._until = monotonic() + left
        self.sock.settimeout(left)
        self.sock.sendall(data)

    def recv(self, size: int, *options: Any) -> bytes:
        """Raises TimeoutError, as the socket's own."""
        self._wait()
        received: bytes = self.sock.recv(size, *options)
        return received

    def recv_into(self, buffer: Any, *options: Any) -> int:
        """Raises TimeoutError, as the socket's own."""
        self._wait()
        received: int = self.sock.recv_into(buffer, *options)
        return received

    def _wait(self) -> None:
        if self._polling:
            return
        left = min(self._deadline.left(), self._until - monotonic())
        if left <= 0:
            raise TimeoutError("no answer in time")
        self.sock.settimeout(left)


def raw(sock: Any) -> Any:
    """The socket itself, for callers that keep the deadline by other means."""
    return sock.sock if type(sock) is BoundedSocket else sock


class _Bounded:
    """Mixin for a blocking redis-py connection class, with the additional options `deadline` and
    `one_of_many`."""

    def __init__(
        self, *args: Any, deadline: Deadline, one_of_many: bool = False, **options: Any
    ) -> None:
        self._deadline = deadline
        self._part = PART_OF_ONE if one_of_many else 1.0
        super().__init__(*args, **options)

    def _left(self) -> float:
        try:
            return self._deadline.left() * self._part
        except TimeoutError:
            return _LEAST_S

    # The time-outs that redis-py sets on a socket before it connects and sends HELLO or AUTH.
    socket_timeout = socket_connect_timeout = property(
        _left, lambda _, __: None, doc="Seconds that are left; what is set is ignored."
    )

    def _connect(self) -> BoundedSocket:
        sock: socket.socket = super()._connect()  # type: ignore[misc]  # of the class behind
        return BoundedSocket(sock, self._deadline, self._part)

    def connect(self) -> Any:
        """Raises redis-py's errors, also for an address or a greeting that cannot be read."""
        try:
            with self._deadline.within(self._left()):
                return super().connect()  # type: ignore[misc]
        except ValueError as error:
            self.disconnect()  # type: ignore[attr-defined]
            raise redis.exceptions.ConnectionError(f"cannot connect: {error}") from error

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Raises InvalidResponse for a reply that cannot be read."""
        try:
            return super().read_response(*args, **options)  # type: ignore[misc]
        except ValueError as error:
            raise redis.exceptions.InvalidResponse(f"no reply: {error}") from error


@functools.cache
def bounded(connection_class: Any) -> Any:
    """A redis-py connection class with a deadline."""
    return type(f"Bounded{connection_class.__name__}", (_Bounded, connection_class), {})


def bind(pool: Any, deadline: Deadline, *, one_of_many: bool = False) -> None:
    """Makes a pool that has no connection yet create connections with the deadline."""
    pool.connection_class = bounded(pool.connection_class)
    pool.connection_kwargs.update(deadline=deadline, one_of_many=one_of_many)


class _Readable:
    """Mixin for an asyncio redis-py connection class."""

    async def connect(self) -> Any:
        try:
            return await super().connect()  # type: ignore[misc]
        except (ValueError, RuntimeError) as error:  # uvloop's, where the server has hung up
            await self.disconnect(nowait=True)  # type: ignore[attr-defined]
            raise redis.exceptions.ConnectionError(f"cannot connect: {error}") from error


@functools.cache
def readable(connection_class: Any) -> Any:
    """An asyncio redis-py connection class that raises redis-py's errors, whatever server is at the
    address."""
    return type(f"Readable{connection_class.__name__}", (_Readable, connection_class), {})


def pool_of_a_node(deadline: Deadline, **options: Any) -> redis.connection.ConnectionPool:
    """The connection pool of a Redis Cluster's node."""
    made = bounded(options.pop("connection_class", redis.connection.Connection))
    of_many = {**options, "deadline": deadline, "one_of_many": True}
    return redis.connection.ConnectionPool(connection_class=made, **of_many)
