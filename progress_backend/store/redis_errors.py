"""redis-py's exceptions mapped to this library's; other modules do it here alone."""

from __future__ import annotations

from typing import Any, Final

import redis.exceptions

from ..errors import StoreUnavailable
from ..operations.values import MORE_ROOM

#: redis-py's exceptions when Redis does not answer, is loading, was demoted or is too slow, or when
#: another server is at its address: worth trying again later.
_AWAY = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.ClusterError,
    redis.exceptions.RedisClusterException,
    redis.exceptions.InvalidResponse,
    OSError,
)

#: In Redis's error if its memory is full, also if a script was to write; redis-py, which parses a
#: Cluster's replies, removes the OOM before it.
_FULL: Final = "command not allowed when used memory"


#: What a call to Redis may raise; `unavailable` makes one error of the library of each.
OF_REDIS: Final = (*_AWAY, redis.exceptions.ResponseError)


def unavailable(error: Exception) -> StoreUnavailable:
    """One of `OF_REDIS` as the library's. A refusal (out of memory, no disk, no permission, …) may
    be mended, and must not reach a job either."""
    # redis-py derives a wrong password's error from ConnectionError.
    if isinstance(error, _AWAY) and not isinstance(error, redis.exceptions.AuthenticationError):
        why = str(error) or "no answer in time"
        late = isinstance(error, (redis.exceptions.TimeoutError, TimeoutError))
        return StoreUnavailable("the progress store does not answer", why, late=late)
    why = f"{error}; {MORE_ROOM}" if _FULL in str(error) else str(error)
    # A wrong password refuses all commands; a full memory or disk refuses all writes for a while.
    refused = isinstance(error, redis.exceptions.ResponseError)
    refused = refused and not any(one in str(error) for one in (_FULL, "MISCONF"))
    return StoreUnavailable("the progress store refuses", why, refused=refused)


def reply_or_raise(reply: Exception) -> Any:
    """An error reply as a value: None for WRONGTYPE, where another program has written one of this
    library's keys, which counts as empty; a NoScriptError is returned, since the store sends that
    request again.

    Raises:
        Exception: the reply is any other error.
    """
    if str(reply).startswith("WRONGTYPE"):
        return None
    if isinstance(reply, redis.exceptions.NoScriptError):
        return reply
    raise reply


def checked(replies: list[Any]) -> list[Any]:
    """Replies of Redis, each error passed through `refused`."""
    return [reply_or_raise(reply) if isinstance(reply, Exception) else reply for reply in replies]
