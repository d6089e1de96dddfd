"""Values in Redis replies; None (a key of another type) counts as an empty one."""

from __future__ import annotations

from typing import Any, Final

#: What to do if Redis's memory is full.
MORE_ROOM: Final = "raise maxmemory, or keep records for a shorter time (PROGRESS_RETENTION_S)"


def nothing(reply: object) -> None:
    """The reply of an operation that has none."""


def pairs(reply: list[Any]) -> list[Any]:
    """Members with their scores, from a list of pairs (RESP3, or parsed) or a flat list."""
    if reply and not isinstance(reply[0], (list, tuple)):
        return list(zip(reply[::2], reply[1::2], strict=True))
    return reply


def text(stored: bytes) -> str:
    """A member as text; one that is no UTF-8 can be sent back unchanged."""
    return stored.decode(errors="surrogateescape")


def texts(reply: list[bytes] | None) -> list[str]:
    """Members as texts."""
    return [text(one) for one in reply or ()]


def whole(score: Any) -> int:
    """A score as an int; an infinite one as plus or minus 2**53."""
    try:
        return int(max(min(float(score), 2.0**53), -(2.0**53)))
    except ValueError:  # another program's text
        return 0


def sums(reply: Any) -> dict[str, int]:
    """The fields of a hash of numbers, from a dictionary or a flat list."""
    each = reply.items() if isinstance(reply, dict) else pairs(reply or [])
    return {text(name): whole(number) for name, number in each}


def timed(reply: list[Any] | None) -> list[tuple[int, str]]:
    """Scores, and the members that have them."""
    return [(whole(score), text(member)) for member, score in pairs(reply or [])]


def stored_entry(entry: Any) -> bytes:
    """The text of a stream's entry with one field."""
    fields = entry[1]
    values = fields.values() if isinstance(fields, dict) else fields[1::2]
    return next(iter(values), b"")
