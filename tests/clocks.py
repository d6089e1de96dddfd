"""A clock whose time a test sets, forth and back."""

from __future__ import annotations


class Clock:
    """Called, it gives its time: seconds since whatever it counts from."""

    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time
