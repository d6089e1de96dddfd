"""The looks now and then at whether a stream's token still counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

#: Seconds between two looks at whether a stream's token still counts.
LOOK_S: Final = 2.0
#: Longest time between two looks at a share token.
_LONGEST_S: Final = 60.0


class TokenLook:
    """Looks now and then at whether a stream's token still counts."""

    __slots__ = ("_left_s", "_over", "_timer")

    def __init__(self, left_s: Callable[[], float], over: Callable[[], None]) -> None:
        #: Seconds until the next look; 0: the token counts no more.
        self._left_s = left_s
        self._over = over
        self._timer = self._later(left_s())

    def stop(self) -> None:
        """Looks no more."""
        self._timer.cancel()

    def _later(self, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        if left_s := self._left_s():
            self._timer = self._later(left_s)
        else:
            self._over()


def left_s(until: float) -> float:
    """Seconds until the next look at a share token that expires then; 0 once it has. The wall clock
    may be set meanwhile."""
    return max(0.0, min(until - time.time(), _LONGEST_S))
