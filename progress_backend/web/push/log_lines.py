"""The lines of a log that is followed, for event streams and sockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import NamedTuple

from starlette.types import Scope

from ...flows import commands as c
from ...flows import task_log
from ...live.update import Update
from ..state import Api
from .sources import TaskSource
from .task_updates import follow


class Line(NamedTuple):
    """A line with its number, and how many lines are gone between the one before it and this."""

    number: int
    text: bytes
    gone: int


def updates_of(
    api: Api,
    task_id: str,
    quiet_s: float,
    scope: Scope | None = None,
    done: Callable[[], None] | None = None,
) -> AsyncGenerator[Update | None]:
    """The updates of a task whose log is followed, and None as its log has new lines; as `follow`
    does."""
    nudges = partial(api.logs.follow, task_id)
    return follow(api, TaskSource(api, task_id), quiet_s, scope, done, nudges)


async def lines_of(
    api: Api,
    task_id: str,
    updates: AsyncGenerator[Update | None],
    part: c.LogPart,
    after: int | None,
) -> AsyncIterator[Line | None]:
    """Yields the lines of `part`, which were read after the line `after`, then each as it comes,
    and None each time `updates` yields meanwhile; ends with the task.

    Raises:
        TaskNotFound: the record is gone.
        StoreUnavailable: the store does not answer.
        HubClosed: the service shuts down, or the request's token does not count any more.
    """
    over = False
    while True:
        for number, text in part.lines:
            yield Line(number, text, 0 if after is None else max(number - after - 1, 0))
            after = number
        if part.last is None or (after or 0) >= part.last:
            if over:
                return
            over = True
            async for _ in updates:
                if api.logs.newest(task_id) != (after or None):
                    over = False
                    break
                yield None
            after = after or 0  # the log was empty so far: what is missing from now on is gone
        part = await api.store.run(task_log.read(task_id, after, task_log.LINES))
