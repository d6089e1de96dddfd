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

#: In the error of a Redis whose memory is full, also where a script was to write.
_FULL: Final = "OOM command not allowed"


class _Mapped:
    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _AWAY):
            why = str(error) or "no answer in time"
            late = isinstance(error, (redis.exceptions.TimeoutError, TimeoutError))
            raise StoreUnavailable("the progress store does not answer", why, late=late) from error
        if isinstance(error, redis.exceptions.ResponseError):
            if _FULL in str(error):
                why = f"{error}; {MORE_ROOM}"
                raise StoreUnavailable("the progress store refuses", why) from error
            # Out of memory, no disk, no permission, …: it may be mended, and must not reach a job.
            raise StoreUnavailable("the progress store refuses", error) from error


#: `with MAPPED:` around each call to Redis.
MAPPED: Final = _Mapped()


def answered(reply: Any) -> Any:
    """A reply of Redis; None for WRONGTYPE, where another program has written one of this library's
    keys: that key counts as empty.

    Raises:
        Exception: the reply is any other error.
    """
    if isinstance(reply, Exception):
        if str(reply).startswith("WRONGTYPE"):
            return None
        raise reply
    return reply
