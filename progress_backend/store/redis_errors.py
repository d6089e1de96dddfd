"""The one place where redis-py's errors become ours."""

from __future__ import annotations

from typing import Any, Final

import redis.exceptions

from ..errors import StoreUnavailable

#: What redis-py raises when Redis is away, loading, demoted or too slow, or when something else
#: stands at its address: try again later.
_AWAY = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.ClusterError,
    redis.exceptions.RedisClusterException,
    redis.exceptions.InvalidResponse,
    OSError,
)


class _Mapped:
    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _AWAY):
            said = str(error) or "no answer in time"
            raise StoreUnavailable("the progress store does not answer", said) from error
        if isinstance(error, redis.exceptions.ResponseError):
            # Out of memory, no disk, no permission, …: it may be mended, and no job may feel it.
            raise StoreUnavailable("the progress store refuses", error) from error


#: `with MAPPED:` around what asks Redis.
MAPPED: Final = _Mapped()


def answered(reply: Any) -> Any:
    """A reply; None where the key is of another type than its command is for: a key of ours that
    somebody else has written holds nothing of ours, and nobody else's trouble.

    Raises:
        Exception: any other refusal or failure that stands for a reply.
    """
    if isinstance(reply, Exception):
        if str(reply).startswith("WRONGTYPE"):
            return None
        raise reply
    return reply
