"""The stored stacks and tracebacks of a task, and the recent requests for stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .call import Call, Requests, at, in_the_first, one
from .keys import Keys
from .scripts import script
from .values import nothing, stored_entry, timed

#: Most stacks and tracebacks of a task; and the ms for which they are kept, unless cleanup deletes
#: them earlier with the record.
KEPT: Final = 3
_KEPT_MS: Final = 2_592_000_000
#: Most requests within so many ms of callers that may see all tasks, and of all others together;
#: milliseconds between two requests for one task.
MOST_LATELY, LATELY_MS, AGAIN_MS = 20, 60_000, 10_000

#: By task id, the time (ms) at which its stack was requested.
Lately = Mapping[str, int]


class Wait(NamedTuple):
    """Why a request is not accepted now: the milliseconds until it is, and whether it is another
    one for the same task that is in the way."""

    ms: int
    same_task: bool


def ask(task_id: str, caller: str, now_ms: int) -> Call[Wait | None]:
    """Stores a request for a task's stack, unless there were too many: None, or why it waits.

    `caller`: the one that has the limit; "" for each caller that may see all tasks.
    """

    def parse(reply: list[int]) -> Wait | None:
        return Wait(reply[0], bool(reply[1])) if reply[0] else None

    def request(keys: Keys) -> Requests[Wait | None]:
        about = {"task": task_id, "caller": caller, "now": now_ms}
        about |= {"again": AGAIN_MS, "span": LATELY_MS, "most": MOST_LATELY}
        its = {"asked": keys.stack_requests, "callers": keys.stacks_callers}
        return one(script("ask_stack", its, about), parse)

    return in_the_first(request)


def lately() -> Call[Lately]:
    """The requests for stacks of the last minute."""

    def parse(reply: Any) -> Lately:
        return {name: at_ms for at_ms, name in timed(reply)}

    return in_the_first(
        lambda keys: one(("ZRANGE", keys.stack_requests, 0, -1, "WITHSCORES"), parse)
    )


def keep(task_id: str, entry: bytes) -> Call[None]:
    """Keeps a stack or traceback, in place of the oldest one."""

    def ask(keys: Keys) -> Requests[None]:
        key = keys.stacks(task_id)
        added = ("XADD", key, "MAXLEN", KEPT, "*", "e", entry)
        return Requests([added, ("PEXPIRE", key, _KEPT_MS)], nothing)

    return at(task_id, ask)


def kept(task_id: str) -> Call[list[bytes]]:
    """The stacks and tracebacks of a task as they are stored, the oldest first."""

    def parse(reply: Any) -> list[bytes]:
        return [stored_entry(each) for each in reply or ()]

    return at(task_id, lambda keys: one(("XRANGE", keys.stacks(task_id), "-", "+"), parse))
