"""Finds which of the logs that are followed have new lines: one read a second for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from ..operations import logs
from ..store.drivers import AsyncStore

#: Seconds between two reads: a task's process stores lines once a second.
POLL_S: Final = 1.0
#: Logs in one request.
MOST: Final = 256
#: The newest line's number where it is not known.
UNREAD: Final = -1


class FollowedLogs:
    """The logs that streams and sockets of this process follow; one instance per event loop."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        #: What is called when a log has changed.
        self._followers: dict[str, dict[Callable[[], None], None]] = {}
        #: The number of its newest line; None: there is no line.
        self._newest: dict[str, int | None] = {}
        self._reading: asyncio.Task[None] | None = None

    def follow(self, task_id: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Calls `changed` each time the log's newest line is another one, or cannot be read, until
        the function that is returned is called."""
        self._followers.setdefault(task_id, {})[changed] = None
        if self._reading is None:
            self._reading = asyncio.create_task(self._keep_reading(), name="progress logs")
        return partial(self._leave, task_id, changed)

    def newest(self, task_id: str) -> int | None:
        """The number of a followed log's newest line; None: it has none; UNREAD: not known."""
        return self._newest.get(task_id, UNREAD)

    def stop(self) -> None:
        """Reads no more."""
        if self._reading is not None:
            self._reading.cancel()

    def _leave(self, task_id: str, changed: Callable[[], None]) -> None:
        followers = self._followers.get(task_id, {})
        followers.pop(changed, None)
        if not followers:
            self._followers.pop(task_id, None)
            self._newest.pop(task_id, None)

    async def _keep_reading(self) -> None:
        try:
            while self._followers:
                await asyncio.sleep(POLL_S)
                task_ids = tuple(self._followers)
                for first in range(0, len(task_ids), MOST):
                    await self._read(task_ids[first : first + MOST])
        finally:
            self._reading = None

    async def _read(self, task_ids: tuple[str, ...]) -> None:
        try:
            found = await self._store.execute(logs.newest(task_ids))
        except Exception:  # each follower's own read says what it is
            found = [UNREAD] * len(task_ids)
        for task_id, newest in zip(task_ids, found, strict=True):
            if task_id in self._followers and (newest == UNREAD or newest != self.newest(task_id)):
                self._newest[task_id] = newest
                for changed in tuple(self._followers[task_id]):
                    changed()
