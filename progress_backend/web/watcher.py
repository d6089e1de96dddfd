"""What one socket is told of a task, from its current state to its end. A receiver of the hub."""

from __future__ import annotations

import asyncio
from typing import Final

from ..errors import TaskNotFound
from ..update import Update
from .outlet import Outlet

# Close codes. 1012 tells a client to come back.
ENDED: Final = 1000
RESTART: Final = 1012
UNKNOWN: Final = 4404


class Watcher:
    """Passes on what says more than is known, and closes when nothing more will come."""

    __slots__ = ("_early", "_lease_s", "_outlet", "_task_id", "_timer", "known")

    def __init__(self, task_id: str, outlet: Outlet, lease_s: float) -> None:
        self._task_id = task_id
        self._outlet = outlet
        #: A lost run may speak again, and a lost record may be written again, for this long.
        self._lease_s = lease_s
        self._timer: asyncio.TimerHandle | None = None
        self._early: Update | None = None
        #: None until it has begun.
        self.known: Update | None = None

    def begin(self, snapshot: Update) -> None:
        """Tells the current state, and what was heard while it was read."""
        self.known = snapshot
        self._tell(snapshot)
        if self._early is not None:
            self.put(self._early)
            self._early = None

    def put(self, update: Update) -> None:
        """Takes what was heard of the task; never waits."""
        if self.known is None:
            self._early = update
        elif update.says_more_than(self.known):
            self._tell(update)

    def close(self) -> None:
        """The service ends."""
        self._outlet.close(RESTART, "the service restarts")

    def stop(self) -> None:
        """Waits for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self, update: Update) -> None:
        self.known = update
        if self._timer is not None:
            self.stop()
        if update.message is not None:
            self._outlet.tell(update)
            if not update.ended:
                return
        if update.ended and not update.suspected:
            self._outlet.close(ENDED, "the task has ended")
        else:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._lease_s, self._give_up)

    def _give_up(self) -> None:
        if self.known is None or self.known.message is None:
            self._outlet.close(UNKNOWN, str(TaskNotFound(self._task_id)))
        else:
            self._outlet.close(ENDED, "the task has ended")
