"""Keeps a job from waiting again and again for something that is away."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Open for a while after each failure; `clock` gives monotonic seconds."""

    def __init__(self, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest_s = rest_s
        self._clock = clock
        self._opened_until = 0.0
        #: The last try failed, however long ago.
        self.away = False

    @property
    def open(self) -> bool:
        """Whether a try would be too early."""
        return self._opened_until > 0 and self._opened_until > self._clock()

    @property
    def remaining_s(self) -> float:
        """Seconds until the next try may be made."""
        return max(0.0, self._opened_until - self._clock())

    def failed(self) -> bool:
        """Opens: the next try is made after the rest. Whether this is news: the try before it
        had not failed."""
        news, self.away = not self.away, True
        self._opened_until = self._clock() + self._rest_s
        return news

    def succeeded(self) -> bool:
        """Closes. Whether this is news: the try before it had failed."""
        news, self.away = self.away, False
        self._opened_until = 0.0
        return news
