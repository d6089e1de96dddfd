"""Circuit breaker: after a failed call to Redis, broker or result backend no further one is made
for a while."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Open for `rest_s` seconds after each failure; `clock` gives monotonic seconds. Its callers
    wait for `longest_s` at most, and log lines name them as `part`."""

    def __init__(
        self,
        rest_s: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        part: str = "",
        longest_s: float = 0.0,
    ) -> None:
        self.part = part
        self.longest_s = longest_s
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

    @property
    def wait_s(self) -> float:
        """Longest wait of the next call."""
        return self.longest_s

    def failed(self) -> bool:
        """Opens the breaker after a failed call; returns whether the call before had not failed."""
        first, self.away = not self.away, True
        self._opened_until = self._clock() + self._rest_s
        return first

    def late(self) -> bool:
        """Called after a late reply; returns whether that counts as no failure."""
        return False

    def succeeded(self) -> bool:
        """Closes the breaker after a successful call; returns whether the call before failed."""
        first, self.away = self.away, False
        self._opened_until = 0.0
        return first


class JobsBreaker(Breaker):
    """Breaker of the calls that jobs wait for; quick calls of the sender's thread close it too.

    After a late reply the next call may wait for the rest of `again_s`. The breaker opens after
    that time, a second late reply or a failure. Each try of the sender's thread starts `rest_s`
    again, which is longer than the time between two tries: a job tries only if that thread does not
    run.
    """

    def __init__(
        self,
        again_s: float,
        rest_s: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        longest_s: float = 0.0,
    ) -> None:
        super().__init__(rest_s, clock, part="jobs", longest_s=longest_s)
        self._again_s = again_s
        self._opened_at = 0.0

    @property
    def open(self) -> bool:
        """Whether no job may call."""
        return self.away and self._opened_at <= self._clock() < self._opened_until

    @property
    def in_doubt(self) -> bool:
        """Whether the last reply was late, and the short time for the next call is not over."""
        return self.away and self._clock() < self._opened_at

    @property
    def wait_s(self) -> float:
        """As of a Breaker; after a late reply the rest of the short time."""
        if not self.away:
            return self.longest_s
        left_s = self._opened_at - self._clock()
        return left_s if left_s > 0 else self._again_s

    def failed(self) -> bool:
        """As of a Breaker."""
        self._opened_at = self._clock()
        return super().failed()

    def late(self) -> bool:
        """As of a Breaker: the first late reply since a call succeeded is no failure."""
        if self.away:
            return False
        super().failed()
        self._opened_at = self._clock() + self._again_s
        return True
