"""Redis requests over one held connection, at a third of the cost of redis-py's client.

A progress value is one request of many arguments. redis-py takes a connection from the pool and
gives it back, packs each argument by several calls, and counts and times the command for monitors;
that is more work than all other steps of a written value together.
"""

from __future__ import annotations

import select
import threading
from time import monotonic
from typing import Any, Final

import redis
import redis.exceptions
from hiredis import pack_command

from .bounded_connection import Deadline, raw
from .redis_errors import checked
from .resp import Replies, Reply

Request = tuple[Any, ...]

#: Bytes that are read at once.
_READ: Final = 64 * 1024


class Exchange:
    """Holds one connection of a client's pool; a call that finds it busy goes through the client
    instead."""

    def __init__(self, client: redis.Redis, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline
        self._lock = threading.Lock()
        #: The connection, which answered the last time; None while it is in use.
        self._held: Any = None
        #: The parser of that connection's replies.
        self._replies = Replies()
        #: Polls whether bytes have arrived on that connection's socket, without a read.
        self._poll: Any = None
        self._polled: Any = None
        self._raw: Any = None
        #: The socket's time-out; 0: not known.
        self._timeout_s = 0.0

    def ask(self, *requests: Request) -> list[Any]:
        """The raw replies to requests that are sent together, each passed through `refused`.

        Raises what `execute_command` raises, for the first request with an error; nothing is sent
        twice. A NoScriptError is a reply.
        """
        if not requests:
            return []
        data = b"".join(map(packed, requests))
        replies = self.replies_to(data, len(requests))
        if replies is None:
            replies = self._beside(requests)
        return checked(replies)

    def replies_to(self, data: bytes, count: int) -> list[Reply] | None:
        """The raw replies to so many packed requests; None, and nothing is sent, while another
        thread uses the connection."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            connection = self._take()
            try:
                if connection.health_check_interval:
                    connection.check_health()
                    self._timeout_s = 0.0
                held = connection._sock is self._polled
                sock = self._raw if held else raw(connection._sock)
                replies = self._asked(sock, data, count)
                for reply in replies:
                    if isinstance(reply, redis.exceptions.ReadOnlyError):
                        raise reply  # no master any more: a new connection goes to the new master
            except BaseException as error:
                # A signal's exception too, which may be raised between any two lines.
                connection.disconnect()  # a late reply must not answer another request
                self._client.connection_pool.release(connection)
                if isinstance(error, OSError):
                    raise _as_redis_py(error) from error
                raise
            self._held = connection
            if connection._sock is not self._polled:
                self._watch(connection._sock)
        finally:
            self._lock.release()
        return replies

    def _beside(self, requests: tuple[Request, ...]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for verb, *parts in requests:
            pipeline.execute_command(verb, *map(encoded, parts))
        return pipeline.execute(raise_on_error=False)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _asked(self, sock: Any, request: bytes, count: int) -> list[Reply]:
        """Sends requests and reads their replies under one deadline. The socket's time-out is set
        only when it is off by 5 %: setting it costs as much as packing a request."""
        until = self._deadline.until or monotonic() + self._deadline.timeout_s
        self._bound(sock, until)
        sock.sendall(request)
        self._bound(sock, until)
        answered: list[Reply] = []
        while data := sock.recv(_READ):
            answered += self._replies.feed(data)
            if len(answered) >= count:
                return answered
            self._bound(sock, until)
        raise redis.exceptions.ConnectionError("the server closed the connection")

    def _bound(self, sock: Any, until: float) -> None:
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError("the time for it is over")
        if not left * 0.95 <= self._timeout_s <= left * 1.05:
            sock.settimeout(left)
            self._timeout_s = left

    def _watch(self, sock: Any) -> None:
        if hasattr(select, "poll"):  # not on Windows
            self._polled, self._raw, self._poll = sock, raw(sock), select.poll()
            self._poll.register(self._raw, select.POLLIN)

    def _take(self) -> Any:
        """The held connection unless the server has closed it, else one of the pool."""
        pool = self._client.connection_pool
        connection, self._held = self._held, None
        if connection is not None:
            if connection._sock is self._polled and not self._poll.poll(0):
                return connection
            self._timeout_s = 0.0
            try:
                if not connection.can_read():
                    return connection
            except (redis.exceptions.RedisError, OSError):
                pass  # closed
            connection.disconnect()
            pool.release(connection)
        self._timeout_s = 0.0
        self._replies = Replies()  # the last connection may have left half a reply
        return pool.get_connection()


def _as_redis_py(error: OSError) -> redis.exceptions.RedisError:
    kinds = redis.exceptions
    kind = kinds.TimeoutError if isinstance(error, TimeoutError) else kinds.ConnectionError
    return kind(f"no reply from Redis: {error}")


def packed(request: Request) -> bytes:
    """A request in RESP: an array of bulk strings."""
    try:
        data: bytes = pack_command(request)
    except UnicodeEncodeError:  # a task id that is no UTF-8 in Redis
        data = pack_command((*map(encoded, request),))  # type: ignore[arg-type]  # of any length
    return data


def encoded(part: Any) -> bytes:
    """An argument of a request as bytes; an id that is no UTF-8 in Redis as it was read."""
    return part if type(part) is bytes else str(part).encode(errors="surrogateescape")
