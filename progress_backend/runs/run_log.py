"""Lines that a run has written into its task's log, until the sender's thread stores them."""

from __future__ import annotations

import threading
import time
from collections import deque

from ..record.log_line import LONGEST, LogLine

#: What a line takes besides its text, in bytes.
_AROUND = 80


class RunLog:
    """The newest lines of a run that are not stored yet, up to `most` bytes, as the store keeps."""

    __slots__ = ("_characters", "_lines", "_lock", "_lost", "_most", "due")

    def __init__(self, most: int) -> None:
        self._most = most
        # A job may have threads of its own, and the garbage collector may log in the middle.
        self._lock = threading.RLock()
        self._lines: deque[LogLine] = deque()
        self._characters = 0
        self._lost = 0
        #: Monotonic time before which nothing is stored.
        self.due = 0.0

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, level: str, text: str) -> None:
        """Adds a line with the current time; without room the oldest lines are dropped."""
        line = LogLine(time.time(), level, text if len(text) <= LONGEST else text[: LONGEST + 1])
        with self._lock:
            self._lines.append(line)
            self._count([line])

    def take(self) -> tuple[list[LogLine], int]:
        """Takes the lines, and the number of dropped lines before them."""
        with self._lock:
            lines, lost = list(self._lines), self._lost
            self._lines.clear()
            self._characters = self._lost = 0
        return lines, lost

    def give_back(self, lines: list[LogLine], lost: int) -> None:
        """Gives lines back that could not be stored."""
        with self._lock:
            self._lines.extendleft(reversed(lines))
            self._lost += lost
            self._count(lines)

    def _count(self, added: list[LogLine]) -> None:
        self._characters += sum(len(line.text) + _AROUND for line in added)
        while self._characters > self._most:
            self._characters -= len(self._lines.popleft().text) + _AROUND
            self._lost += 1
