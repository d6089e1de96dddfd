"""Parser of RESP2 replies (and the null of RESP3), which takes the bytes as they arrive.

redis-py reads a reply in a dozen steps, each of which may wait; that takes longer than all other
work of this process on a published message.

An error reply is a value as others are: the replies to requests that were sent with it follow.
"""

from __future__ import annotations

from typing import Final, NamedTuple

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
_REFUSALS: Final[dict[bytes, type[RedisError]]] = {
    b"NOSCRIPT": NoScriptError,
    b"READONLY": ReadOnlyError,
    b"NOPERM": NoPermissionError,
    b"LOADING": BusyLoadingError,
    b"MASTERDOWN": MasterDownError,
}


class _Array(NamedTuple):
    """The head of an array: so many items follow."""

    length: int


class Replies:
    """Parses replies from pieces of data; an incomplete one is kept until the rest arrives, and no
    byte is parsed twice."""

    def __init__(self) -> None:
        self._rest = b""
        #: Arrays that are incomplete, the outermost first, each with its number of items.
        self._begun: list[tuple[list[Reply], int]] = []

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that this data completes.

        Raises:
            InvalidResponse: the data is no reply, or the reply is too long.
        """
        data, at, replies = self._rest + data, 0, list[Reply]()
        while (found := _value(data, at)) is not None:
            value, at = found
            if isinstance(value, _Array) and value.length > 0:
                self._begun.append(([], value.length))
                continue
            whole: Reply = [] if isinstance(value, _Array) else value
            while self._begun:
                items, count = self._begun[-1]
                items.append(whole)
                if len(items) < count:
                    break
                self._begun.pop()
                whole = items
            else:
                replies.append(whole)
        self._rest = data[at:]
        if len(self._rest) > LONGEST:
            raise InvalidResponse(f"a reply of more than {LONGEST} bytes")
        return replies


def _value(data: bytes, at: int) -> tuple[Reply | _Array, int] | None:
    """The value that begins at `at`, and its end; None while it is incomplete."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return None
    kind, line, at = data[at : at + 1], data[at + 1 : end], end + 2
    try:
        if kind == b"$":
            end = at + int(line)
            if end < at:
                return None, at
            return (data[at:end], end + 2) if end + 2 <= len(data) else None
        if kind == b"*":
            count = int(line)
            return (None if count < 0 else _Array(count)), at
        if kind == b":":
            return int(line), at
    except ValueError:
        raise InvalidResponse(f"no number in a reply: {line[:80]!r}") from None
    if kind == b"+":
        return line, at
    if kind == b"_":
        return None, at
    if kind == b"-":
        refusal = _REFUSALS.get(line.partition(b" ")[0], ResponseError)
        return refusal(line.decode(errors="replace")), at
    raise InvalidResponse(f"no reply: {kind + line[:80]!r}")
