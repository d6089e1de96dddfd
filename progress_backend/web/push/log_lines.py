"""The lines of a log that is followed, for event streams and sockets."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, NamedTuple

from ...flows import commands as c
from ...flows import task_log
from ...live.update import Update
from ..state import Api

#: Seconds between two reads of a log that is followed: its task's process stores lines once a
#: second.
POLL_S: Final = 1.0


class Line(NamedTuple):
    """A line with its number, and how many lines are gone between the one before it and this."""

    number: int
    text: bytes
    gone: int


async def lines_of(
    api: Api,
    task_id: str,
    updates: AsyncGenerator[Update | None],
    part: c.LogPart,
    after: int | None,
) -> AsyncIterator[Line | None]:
    """Yields the lines of `part`, which were read after the line `after`, then each as it comes,
    and None after each read that found none; ends with the task.

    Raises:
        TaskNotFound: the record is gone.
        StoreUnavailable: the store does not answer.
        HubClosed: the service shuts down, or the request's token does not count any more.
    """
    read_at = time.monotonic()
    while True:
        for number, text in part.lines:
            yield Line(number, text, 0 if after is None else max(number - after - 1, 0))
            after = number
        if len(part.lines) == task_log.LINES:
            part = await api.store.run(task_log.read(task_id, after, task_log.LINES))
            continue
        over = True
        async for _ in updates:
            if time.monotonic() - read_at >= POLL_S / 2:
                over = False
                break
        read_at = time.monotonic()
        after = after or 0  # the log was empty so far: what is missing from now on is gone
        part = await api.store.run(task_log.read(task_id, after, task_log.LINES))
        if not part.lines:
            if over:
                return
            yield None
