"""The stored stacks and tracebacks of a task, and the recent requests for stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from .call import Asked, Call, at, in_the_first, one
from .keys import Keys
from .partitions import Layout
from .timelines import stored_entry
from .values import nothing, timed

T = TypeVar("T")
#: Most stacks and tracebacks of a task; and the ms for which they are kept, unless cleanup deletes
#: them earlier with the record.
KEPT: Final = 3
_KEPT_MS: Final = 2_592_000_000
#: Most requests within so many ms, of all tasks together.
MOST_LATELY, LATELY_MS = 20, 60_000

#: By task id, the time (ms) at which its stack was requested.
Lately = Mapping[str, int]


def note(task_id: str, now_ms: int) -> Call[None]:
    """Stores a request for a task's stack."""

    def ask(keys: Keys) -> Asked[None]:
        key, old = keys.stacks_asked, ("-inf", now_ms - LATELY_MS)
        noted = [("ZADD", key, now_ms, task_id), ("ZREMRANGEBYSCORE", key, *old)]
        return Asked([*noted, ("PEXPIRE", key, LATELY_MS)], nothing)

    return in_the_first(ask)


def lately_beside(read: Call[T]) -> Call[tuple[T, Lately]]:
    """Another read, together with the requests for stacks of the last minute."""

    def asked(layout: Layout) -> Asked[tuple[T, Lately]]:
        its, key = read.asked(layout), layout.keys[0].stacks_asked

        def parse(replies: list[Any]) -> tuple[T, Lately]:
            return its.parse(replies[:-1]), {name: at_ms for at_ms, name in timed(replies[-1])}

        return Asked([*its.requests, ("ZRANGE", key, 0, -1, "WITHSCORES")], parse)

    return Call(asked)


def keep(task_id: str, entry: bytes) -> Call[None]:
    """Keeps a stack or traceback, in place of the oldest one."""

    def ask(keys: Keys) -> Asked[None]:
        key = keys.stacks(task_id)
        added = ("XADD", key, "MAXLEN", KEPT, "*", "e", entry)
        return Asked([added, ("PEXPIRE", key, _KEPT_MS)], nothing)

    return at(task_id, ask)


def kept(task_id: str) -> Call[list[bytes]]:
    """The stacks and tracebacks of a task as they are stored, the oldest first."""

    def parse(reply: Any) -> list[bytes]:
        return [stored_entry(each) for each in reply or ()]

    return at(task_id, lambda keys: one(("XRANGE", keys.stacks(task_id), "-", "+"), parse))
