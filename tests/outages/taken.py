"""Counts the connections that this process has taken out of redis-py's pools and not given back.

An idle connection in a pool is no leak, however many a busy moment has left there: the pool opens
none before it has used those up.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import redis

_connections, _pools = WeakSet[Any](), WeakSet[Any]()
_pause = threading.Event()


def watch() -> Callable[[], None]:
    """Counts from now on, in this process and its children; the call that ends it."""
    kind: Any = redis.ConnectionPool
    take, give_back = kind.get_connection, kind.release

    def get_connection(pool: Any, *args: Any, **options: Any) -> Any:
        connection = take(pool, *args, **options)
        if not _pause.is_set():
            _connections.add(connection)
            _pools.add(pool)
        return connection

    def release(pool: Any, connection: Any) -> None:
        _connections.discard(connection)
        give_back(pool, connection)

    def end() -> None:
        kind.get_connection, kind.release = take, give_back
        _forget()

    kind.get_connection, kind.release = get_connection, release
    os.register_at_fork(after_in_child=_forget)
    return end


@contextmanager
def uncounted() -> Iterator[None]:
    """Leaves out what the test itself takes in the block."""
    _pause.set()
    yield
    _pause.clear()


def _forget() -> None:
    _connections.clear()
    _pools.clear()


def taken() -> dict[str, int]:
    """The numbers of connections that are held, and of pools."""
    gc.collect()  # a channel of kombu drops its pool as it is closed
    return {"pid": os.getpid(), "held": len(_connections), "pools": len(_pools)}
