"""The markings that workers store for processes which publish tasks by name."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Final

from .call import Call, Requests, in_the_first, one
from .keys import Keys
from .scripts import script
from .values import nothing

_TTL_MS: Final = 7 * 86_400_000


def leave(markings: Collection[tuple[str, str]], most: int) -> Call[None]:
    """Stores the markings (`@progress_task` options) of tasks by task name, for processes that
    publish by name; `most` bounds the markings of all workers together."""

    def ask(keys: Keys) -> Requests[None]:
        about = {"ttl": _TTL_MS, "most": most}
        called = script("leave_markings", {"markings": keys.markings}, about, more=chain(*markings))
        return one(called, nothing)

    return in_the_first(ask)


def stored(name: str) -> Call[list[bytes | None]]:
    """The marking that a worker has stored for a task name, alone in a list; None without one."""
    return in_the_first(
        lambda keys: one(("HMGET", keys.markings, name), lambda found: found or [None])
    )
