"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime

#: Default time of a clock: the specification's example, 2024-01-15T10:30:00+09:00.
START = datetime(2024, 1, 15, 1, 30, tzinfo=UTC)


class Clock:
    """A clock that stands still until a test moves it. Called, it gives seconds since 1970, as
    `time.time`; `ProgressService` takes it as its `clock`.
    """

    def __init__(self, start: datetime = START) -> None:
        """Makes a clock that shows a time.

        Args:
            start: an aware datetime.

        Raises:
            ValueError: `start` has no time zone.
        """
        if start.tzinfo is None:
            raise ValueError(f"the clock's start needs a zone: {start!r}")
        self._seconds = start.timestamp()

    def __call__(self) -> float:
        """The time it shows, in seconds since 1970, as `time.time`."""
        return self._seconds

    @property
    def now(self) -> datetime:
        """The time it shows, in UTC."""
        return datetime.fromtimestamp(self._seconds, UTC)

    def advance(self, seconds: float) -> None:
        """Lets time pass at once.

        Args:
            seconds: how much, 0 or more.

        Raises:
            ValueError: time does not go back.
        """
        if seconds < 0:
            raise ValueError(f"the clock goes forward only, not by {seconds:g} s")
        self._seconds += seconds
