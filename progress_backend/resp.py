"""Replies of a Redis connection (RESP2, and the null of RESP3), out of the bytes as they come.

redis-py reads a reply in a dozen steps, each of which may wait; that takes longer than all the
rest of a message's way through this process.

A refusal is a reply as others are: replies to requests that were sent with it come after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from redis.exceptions import InvalidResponse, NoScriptError, ReadOnlyError, ResponseError

Reply = bytes | int | None | ResponseError | list["Reply"]

#: Longest reply that is waited for, in bytes; a document has a fraction of it.
LONGEST: Final = 16 * 1024 * 1024

#: Those that a caller has to tell from others, as redis-py names them.
_REFUSALS: Final = {b"NOSCRIPT": NoScriptError, b"READONLY": ReadOnlyError}


class _Incomplete(Exception):
    """The rest is still to come."""


class Replies:
    """Keeps what is incomplete until the rest has come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that are complete with this data.

        Raises:
            InvalidResponse: this is no reply, or too long a one.
        """
        data = self._rest + data
        at = 0
        try:
            while at < len(data):
                reply, at = _reply(data, at)
                yield reply
        except _Incomplete:
            pass
        self._rest = data[at:]
        if len(self._rest) > LONGEST:
            raise InvalidResponse(f"a reply of more than {LONGEST} bytes")


def _reply(data: bytes, at: int) -> tuple[Reply, int]:
    """The reply that begins there, and where it ends."""
    end = data.find(b"\r\n", at)
    if end < 0:
        raise _Incomplete
    kind, line, at = data[at : at + 1], data[at + 1 : end], end + 2
    if kind == b"$":
        end = at + int(line)
        if end < at:
            return None, at
        if end + 2 > len(data):
            raise _Incomplete
        return data[at:end], end + 2
    if kind == b"*":
        items: list[Reply] = []
        for _ in range(int(line)):
            item, at = _reply(data, at)
            items.append(item)
        return items, at
    if kind == b":":
        return int(line), at
    if kind == b"+":
        return line, at
    if kind == b"_":
        return None, at
    if kind == b"-":
        refusal = _REFUSALS.get(line.partition(b" ")[0], ResponseError)
        return refusal(line.decode(errors="replace")), at
    raise InvalidResponse(f"no reply: {kind + line[:80]!r}")
