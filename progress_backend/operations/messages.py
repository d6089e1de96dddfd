"""What tasks were published with."""

from __future__ import annotations

from .call import Call, at, one


def kept(task_id: str) -> Call[bytes | None]:
    """The kept message of a task; None without one."""
    return at(task_id, lambda keys: one(("GET", keys.message(task_id)), bytes_or_none))


def bytes_or_none(reply: object) -> bytes | None:
    """A string's value; None for none."""
    return reply if isinstance(reply, bytes) else None
