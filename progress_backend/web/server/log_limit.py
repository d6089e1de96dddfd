"""Log lines that any client can cause: one a minute, so that none can fill a disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

#: Seconds between two lines of one kind.
EVERY_S: Final = 60.0


class Seldom:
    """Logs the first line of its kind, then one a minute at most, with how many were left out."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._again = 0.0
        self._left_out = 0

    def warning(self, text: str, *values: object) -> None:
        """As a logger's."""
        self._log(logging.WARNING, text, values)

    def error(self, text: str, *values: object, exc_info: bool = False) -> None:
        """As a logger's."""
        self._log(logging.ERROR, text, values, exc_info=exc_info)

    def _log(
        self, level: int, text: str, values: tuple[object, ...], *, exc_info: bool = False
    ) -> None:
        now = self._clock()
        if now < self._again:
            self._left_out += 1
            return
        if self._left_out:
            text, values = f"{text} (%d more since the last such line)", (*values, self._left_out)
        self._again, self._left_out = now + EVERY_S, 0
        self._logger.log(level, text, *values, exc_info=exc_info or None)
