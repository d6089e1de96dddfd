"""Circuit breaker: after a failed call to Redis, broker or result backend no further one is made
for a while."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Open for `rest_s` seconds after each failure; `clock` gives monotonic seconds."""

    def __init__(self, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest_s = rest_s
        self._clock = clock
        self._opened_until = 0.0
        #: Whether the last call failed, however long ago.
        self.away = False

    @property
    def open(self) -> bool:
        """Whether it is too early for another call."""
        return self._opened_until > 0 and self._opened_until > self._clock()

    @property
    def remaining_s(self) -> float:
        """Seconds until the next call may be made."""
        return max(0.0, self._opened_until - self._clock())

    def failed(self) -> bool:
        """Opens the breaker after a failed call; whether the call before it had not failed."""
        first, self.away = not self.away, True
        self._opened_until = self._clock() + self._rest_s
        return first

    def succeeded(self) -> bool:
        """Closes the breaker after a call that succeeded; whether the call before it had failed."""
        first, self.away = self.away, False
        self._opened_until = 0.0
        return first
