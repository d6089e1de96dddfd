"""A run in a process that its job has forked: `update` itself writes there, as `update_state`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from .run import Run
from .sender import Sender

#: Part of a forked process's time that its writes take at most: values in between are left out.
_PART: Final = 0.1


class ForkedSender:
    """Takes the sender's place for a run that a forked process has of its parent: the sender's
    thread is the parent's."""

    always = True

    def __init__(self, run: Run, sender_of: Callable[[], Sender | None]) -> None:
        self.settings = run.sender.settings
        self._run, self._sender_of = run, sender_of
        self._next_at = 0.0
        # A thread of the parent may have held the lock at the fork.
        run.sender, run.lock, run.attention = self, threading.Lock(), True

    def now(self) -> datetime:
        """As the sender's; this machine's time where tracking is off."""
        sender = self._sender_of()
        return datetime.now(UTC) if sender is None else sender.now()

    def wake(self) -> None:
        """Writes the run's newest value."""
        began, sender = monotonic(), self._sender_of()
        if sender is None or began < self._next_at:
            return
        sender.record_newest(self._run)
        ended = monotonic()
        self._next_at = ended + (ended - began) * (1 / _PART - 1)

    def wait_while_paused(self, run: Run) -> None:
        """As the sender's."""
        if (sender := self._sender_of()) is not None:
            sender.wait_while_paused(run)

    def close(self, run: Run) -> None:
        """Stops all writes for the run."""
        run.closed = True
