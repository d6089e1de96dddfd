"""Replies of Redis, parsed by hiredis as the bytes arrive.

redis-py reads a reply in a dozen steps, each of which may wait; that takes longer than all other
work of this process on a published message.

An error reply is a value as others are: the replies to requests that were sent with it follow.
"""

from __future__ import annotations

from typing import Final

import hiredis
from redis.exceptions import (
    BusyLoadingError,
    InvalidResponse,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

Reply = bytes | int | None | RedisError | list["Reply"]

#: Longest reply in bytes; a document has a fraction of it.
LONGEST: Final = 16 * 1024 * 1024

#: Error replies that callers handle, with redis-py's exceptions.
_REFUSALS: Final[dict[str, type[RedisError]]] = {
    "NOSCRIPT": NoScriptError,
    "READONLY": ReadOnlyError,
    "NOPERM": NoPermissionError,
    "LOADING": BusyLoadingError,
    "MASTERDOWN": MasterDownError,
}
_INCOMPLETE: Final = object()


class Replies:
    """Parses replies from pieces of data; an incomplete one is kept until the rest arrives."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader(InvalidResponse, _refusal, notEnoughData=_INCOMPLETE)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that this data completes.

        Raises:
            InvalidResponse: the data is no reply, or the reply is too long.
        """
        reader = self._reader
        replies: list[Reply] = []
        reader.feed(data)
        while (reply := reader.gets()) is not _INCOMPLETE:
            replies.append(reply)
        if not replies and reader.len() > LONGEST:
            raise InvalidResponse(f"a reply of more than {LONGEST} bytes")
        return replies


def _refusal(text: str) -> RedisError:
    """An error reply; its text keeps the code, which redis-py's own parser removes."""
    return _REFUSALS.get(text.partition(" ")[0], ResponseError)(text)
