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

    @property
    def open(self) -> bool:
        """Whether a try would be too early."""
        return self._opened_until > self._clock()

    @property
    def remaining_s(self) -> float:
        """Seconds until the next try may be made."""
        return max(0.0, self._opened_until - self._clock())

    def failed(self) -> None:
        """Opens: the next try is made after the rest."""
        self._opened_until = self._clock() + self._rest_s

    def succeeded(self) -> None:
        """Closes."""
        self._opened_until = 0.0
