"""What one socket is told of a task, from its current state to its end. A receiver of the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from ...errors import TaskNotFound
from ...live.update import Update
from .socket_writer import Outlet

# Close codes. 1012 tells a client to come back.
ENDED: Final = 1000
RESTART: Final = 1012
UNKNOWN: Final = 4404
#: Time between two looks at the clock of the store, which may be set meanwhile.
_LONGEST_S: Final = 60.0


class Watcher:
    """Passes on what says more than is known, and closes when nothing more will come."""

    __slots__ = ("_early", "_lease_s", "_now", "_outlet", "_task_id", "_timer", "known")

    def __init__(
        self, task_id: str, outlet: Outlet, lease_s: float, now: Callable[[], datetime]
    ) -> None:
        self._task_id = task_id
        self._outlet = outlet
        #: A lost record may be written again for this long.
        self._lease_s = lease_s
        #: The store's time.
        self._now = now
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
        if update.ended:
            self._close_or_wait(update)
        else:
            self._wait(self._lease_s)

    def _close_or_wait(self, update: Update) -> None:
        """The task has ended; if its message may come again, not before that time has passed."""
        left_s = update.open_for_s(self._now())
        if left_s > 0:
            self._wait(min(left_s, _LONGEST_S))
        else:
            self._outlet.close(ENDED, "the task has ended")

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._time_is_over)

    def _time_is_over(self) -> None:
        if self.known is None or self.known.message is None:
            self._outlet.close(UNKNOWN, str(TaskNotFound(self._task_id)))
        else:
            self._close_or_wait(self.known)
