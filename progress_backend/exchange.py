"""Requests and their replies over a connection that is held, at a third of the client's cost.

A written value is one request of many arguments. redis-py's own way takes a connection from the
pool and gives it back, packs each argument by several calls, and counts and times the command for
monitors; that is more work than all the rest of a written value.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from typing import Any

import redis
import redis.exceptions

Request = tuple[Any, ...]

#: What nearly every commit is answered with.
_COMMITTED = b"*1\r\n:1\r\n"
#: What stands before an argument of a length; nearly all are no longer.
_LENGTHS = [b"\r\n$%d\r\n" % length for length in range(2_048)]


class Exchange:
    """Holds one connection of a client's pool. Whoever finds it busy takes the client's own way."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._lock = threading.Lock()
        #: Answered last time, so it is connected; None while it is in use.
        self._held: Any = None
        #: Tells whether anything has come over that socket, without reading in vain.
        self._poll: Any = None
        self._polled: Any = None

    def ask(self, *requests: Request) -> list[Any]:
        """The raw replies to requests that are sent together.

        Raises as `execute_command`, the first error of any of them; nothing is sent twice.
        """
        if not self._lock.acquire(blocking=False):
            return [self._client.execute_command(*request) for request in requests]
        try:
            connection = self._take()
            try:
                if connection.health_check_interval:
                    connection.check_health()
                connection._sock.sendall(b"".join(map(packed, requests)))
                replies = _replies(connection, len(requests))
            except BaseException as error:
                # A signal's exception too, which may come between any two lines.
                if not isinstance(error, redis.exceptions.ResponseError):
                    connection.disconnect()  # what may come yet is no answer to anybody else
                self._client.connection_pool.release(connection)
                if isinstance(error, OSError):
                    raise _as_redis_py(error) from error
                raise
            self._hold(connection)
            return replies
        finally:
            self._lock.release()

    def _hold(self, connection: Any) -> None:
        self._held = connection
        if connection._sock is not self._polled and hasattr(select, "poll"):
            self._polled, self._poll = connection._sock, select.poll()
            self._poll.register(self._polled, select.POLLIN)

    def _take(self) -> Any:
        """The held connection if the server has not closed it meanwhile, else one of the pool."""
        pool = self._client.connection_pool
        connection, self._held = self._held, None
        if connection is not None:
            if connection._sock is self._polled and not self._poll.poll(0):
                return connection
            try:
                if not connection.can_read():
                    return connection
            except (redis.exceptions.RedisError, OSError):
                pass  # closed: as good as readable
            connection.disconnect()
            pool.release(connection)
        return pool.get_connection()


def _replies(connection: Any, count: int) -> list[Any]:
    replies: list[Any] = []
    refused: redis.exceptions.ResponseError | None = None
    # redis-py's parser reads ahead: from its first reply on, all are its own.
    ours = True
    for _ in range(count):
        ours = ours and _says_committed(connection)
        try:
            replies.append([1] if ours else connection.read_response())
        except redis.exceptions.ResponseError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return replies


def _says_committed(connection: Any) -> bool:
    """Takes that reply off the connection; any other is left there for redis-py's parser."""
    sock = connection._sock
    if type(sock) is not socket.socket:  # TLS cannot look ahead
        return False
    if sock.recv(len(_COMMITTED), socket.MSG_PEEK) != _COMMITTED:
        return False
    os.read(sock.fileno(), len(_COMMITTED))  # it is there: not waited for again
    return True


def _as_redis_py(error: OSError) -> redis.exceptions.RedisError:
    kinds = redis.exceptions
    kind = kinds.TimeoutError if isinstance(error, TimeoutError) else kinds.ConnectionError
    return kind(f"no reply from Redis: {error}")


def packed(request: Request) -> bytes:
    """A request as Redis's protocol has it: an array of bulk strings."""
    packed = [b"*%d" % len(request)]
    for part in request:
        text = part if type(part) is bytes else str(part).encode()
        length = len(text)
        packed.append(_LENGTHS[length] if length < len(_LENGTHS) else b"\r\n$%d\r\n" % length)
        packed.append(text)
    packed.append(b"\r\n")
    return b"".join(packed)
