"""Samples of a run's progress, few however long it takes; pure.

A run's process thins its own values: while there is room each value that was recorded is a point;
of too many each second one goes, and points come half as often from then on. The points are stored
in widening steps, first after ten seconds: a short run stores none.
"""

from __future__ import annotations

from typing import Any, Final

#: Points of one attempt, and of a task as it is read; newest attempts that are kept.
MOST_POINTS: Final = 64
ATTEMPTS: Final = 8
#: Seconds after which a run's points are stored first; by how much later each time after.
FIRST_S: Final = 10.0
_WIDER: Final = 1.25
#: Longest stored text that is read, in bytes: 64 points of a time and a count.
_LONGEST: Final = 64 * 34


class Samples:
    """The points of one run: milliseconds since it began, and its count then."""

    __slots__ = ("_due_ms", "_points", "_step_ms", "_store_ms", "ready")

    def __init__(self) -> None:
        #: Whether the points are to be stored now; whoever stores them sets it back.
        self.ready = False
        self._points: list[tuple[int, int]] = []
        self._step_ms = 0
        self._due_ms = 0
        self._store_ms = FIRST_S * 1000

    def add(self, at_ms: int, current: int) -> None:
        """Adds a recorded value, unless one was added just before."""
        if at_ms < self._due_ms:
            return
        points = self._points
        points.append((at_ms, current))
        if len(points) >= MOST_POINTS:
            del points[1::2]
            self._step_ms = 2 * max(self._step_ms, at_ms // MOST_POINTS)
        self._due_ms = at_ms + self._step_ms
        if at_ms >= self._store_ms:
            self._store_ms = at_ms * _WIDER
            self.ready = True

    def text(self) -> bytes:
        """The points as they are stored."""
        return " ".join(f"{at_ms}:{current}" for at_ms, current in self._points).encode()


def points_of(stored: bytes) -> list[tuple[int, int]]:
    """Stored points; none of what another program has written."""
    try:
        pairs = [pair.split(":") for pair in stored[:_LONGEST].decode().split(" ")]
        return [(int(at_ms), int(current)) for at_ms, current in pairs][:MOST_POINTS]
    except ValueError:
        return []


def thinned(by_attempt: dict[int, list[tuple[int, int]]]) -> list[dict[str, Any]]:
    """The points of a task's attempts, `MOST_POINTS` at most in all, the oldest attempt first; each
    one's newest point stays."""
    there = {attempt: by_attempt[attempt] for attempt in sorted(by_attempt) if by_attempt[attempt]}
    total = sum(map(len, there.values()))
    # Each attempt may have one more than its share.
    every = 1 if total <= MOST_POINTS else -(-total // (MOST_POINTS - len(there)))
    return [
        {"attempt": attempt, "points": [list(point) for point in points[::-every][::-1]]}
        for attempt, points in there.items()
    ]
