"""The looks now and then at whether a stream's token still counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


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
