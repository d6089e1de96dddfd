"""One WebSocket's view of one task or workflow, from its current state to its end; a receiver of
the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from ...live.update import Update
from .sources import Source

# Close codes. After 1012 a client reconnects.
ENDED: Final = 1000
RESTART: Final = 1012
UNKNOWN: Final = 4404
#: Longest time between two reads of the store's clock, which may be set meanwhile.
_LONGEST_S: Final = 60.0


class Writer(Protocol):
    """What sends to the client: a socket's writer, or its part of a socket that is shared. Neither
    method may wait."""

    def put(self, update: Update) -> None:
        """Sends the update, or the newest one once there is room."""

    def close(self, code: int, reason: str) -> None:
        """Tells the client, after the last update, that no more will come."""


class Watcher:
    """Passes newer updates to the socket, and closes it when no more will come."""

    __slots__ = ("_early", "_lease_s", "_now", "_source", "_timer", "_writer", "known")

    def __init__(
        self, source: Source, writer: Writer, lease_s: float, now: Callable[[], datetime]
    ) -> None:
        self._source = source
        self._writer = writer
        #: Seconds for which a deleted record may be written again.
        self._lease_s = lease_s
        #: The store's time.
        self._now = now
        self._timer: asyncio.TimerHandle | None = None
        self._early: Update | None = None
        #: The newest update that was sent; None before `begin`.
        self.known: Update | None = None

    def begin(self, snapshot: Update) -> None:
        """Sends the current state, then the newest update that arrived while it was read."""
        self.known = snapshot
        self._send(snapshot)
        if self._early is not None:
            self.put(self._early)
            self._early = None

    def put(self, update: Update) -> None:
        """Gets an update; never waits."""
        if self.known is None:
            self._early = update
        elif update.supersedes(self.known):
            self._send(update)

    def close(self) -> None:
        """Closes the socket since the service shuts down."""
        self._writer.close(RESTART, "the service restarts")

    def stop(self) -> None:
        """Stops the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self, update: Update) -> None:
        self.known = update
        if self._timer is not None:
            self.stop()
        if update.message is not None:
            self._writer.put(update)
            if not update.ended:
                return
        if update.ended:
            self._close_or_wait(update)
        else:
            self._wait(self._lease_s)

    def _close_or_wait(self, update: Update) -> None:
        """Closes the socket of what has ended; where its message may be delivered again, only after
        that time."""
        if left_s := update.left_s(self._now()):
            self._wait(min(left_s, _LONGEST_S))
        else:
            self._writer.close(ENDED, self._source.ended)

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._time_is_over)

    def _time_is_over(self) -> None:
        if self.known is None or self.known.message is None:
            self._writer.close(UNKNOWN, str(self._source.missing()))
        else:
            self._close_or_wait(self.known)
