"""Replies of a Redis connection (RESP2, and the null of RESP3), out of the bytes as they come.

redis-py reads a reply in a dozen steps, each of which may wait; that takes longer than all the
rest of a message's way through this process.

A refusal is a reply as others are: replies to requests that were sent with it come after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from redis.exceptions import InvalidResponse, NoScriptError, ReadOnlyError, ResponseError

Reply = bytes | int | None | ResponseError | list["Reply"]

#: Longest value that is waited for, in bytes; a document has a fraction of it.
LONGEST: Final = 16 * 1024 * 1024

#: Those that a caller has to tell from others, as redis-py names them.
_REFUSALS: Final = {b"NOSCRIPT": NoScriptError, b"READONLY": ReadOnlyError}


_BULK: Final = ord("$")


class _Array(NamedTuple):
    """Begins with this value: so many items come after it."""

    length: int


class Replies:
    """Keeps what is incomplete until the rest has come; nothing is looked through twice."""

    def __init__(self) -> None:
        self._rest = b""
        #: Arrays that have begun, the outermost first, and how many items each will have.
        self._begun: list[tuple[list[Reply], int]] = []

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that are complete with this data.

        Raises:
            InvalidResponse: this is no reply, or too long a one.
        """
        data, at = self._rest + data, 0
        while (found := _value(data, at)) is not None:
            value, at = found
            if type(value) is bytes and not self._begun:  # nearly all are
                yield value
                continue
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
                yield whole
        self._rest = data[at:]
        if len(self._rest) > LONGEST:
            raise InvalidResponse(f"a reply of more than {LONGEST} bytes")


def _value(data: bytes, at: int) -> tuple[Reply | _Array, int] | None:
    """The value that begins there, and where it ends; None while the rest is still to come."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return None
    kind, line, at = data[at], data[at + 1 : end], end + 2
    if kind == _BULK:
        end = at + _number(line)
        if end < at:
            return None, at
        return (data[at:end], end + 2) if end + 2 <= len(data) else None
    return _seldom(kind, line, at)


def _seldom(kind: int, line: bytes, at: int) -> tuple[Reply | _Array, int]:
    """A value that is no text, or what begins one."""
    if kind == ord("*"):
        count = _number(line)
        return (None if count < 0 else _Array(count)), at
    if kind == ord(":"):
        return _number(line), at
    if kind == ord("+"):
        return line, at
    if kind == ord("_"):
        return None, at
    if kind == ord("-"):
        refusal = _REFUSALS.get(line.partition(b" ")[0], ResponseError)
        return refusal(line.decode(errors="replace")), at
    raise InvalidResponse(f"no reply: {bytes([kind]) + line[:80]!r}")


def _number(line: bytes) -> int:
    try:
        return int(line)
    except ValueError:
        raise InvalidResponse(f"no number in a reply: {line[:80]!r}") from None
