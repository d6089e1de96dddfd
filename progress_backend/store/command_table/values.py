"""Values in Redis replies. None stands for a key of another type than was asked for: there is
nothing."""

from __future__ import annotations

from math import inf
from typing import Any


def nothing(command: object, replies: list[Any]) -> None:
    """The reply of a command that has none."""


def pairs(reply: list[Any]) -> list[Any]:
    """Members with scores: pairs already (RESP3, or parsed), or a flat list."""
    if reply and not isinstance(reply[0], (list, tuple)):
        return list(zip(reply[::2], reply[1::2], strict=True))
    return reply


def text(stored: bytes) -> str:
    """A member as text; what is no UTF-8 can be sent back as it is."""
    return stored.decode(errors="surrogateescape")


def whole(score: Any) -> int:
    """A score as a whole number; those without an end are far away."""
    try:
        return int(max(min(float(score), 2.0**53), -(2.0**53)))
    except ValueError:  # somebody else's text
        return 0


def positive(stored: bytes | None) -> float | None:
    """A number above 0; None where nothing, or no such number, is stored."""
    try:
        number = float(stored or 0)
    except ValueError:
        return None
    return number if 0 < number < inf else None
