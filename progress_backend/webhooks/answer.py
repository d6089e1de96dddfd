"""What came of an attempt to send an event."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Seconds for all of a delivery after the name was resolved: connect, TLS, request and answer.
TIMEOUT_S: Final = 15.0


class Answer(NamedTuple):
    """What came of an attempt: the HTTP status, or why there is none; neither where Apprise has
    delivered a message."""

    status: int | None = None
    error: str | None = None
    took_ms: int = 0
    #: Seconds that the receiver asks for before the next attempt (Retry-After).
    retry_after_s: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken the event."""
        return self.error is None and (self.status is None or 200 <= self.status < 300)

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more events."""
        return self.status == 410

    def __str__(self) -> str:
        return self.error or ("delivered" if self.status is None else f"HTTP {self.status}")
