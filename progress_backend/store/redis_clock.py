"""Redis's clock, as this process last measured it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from time import monotonic
from typing import Final

#: Seconds after which the clock is measured again, since clocks are set and drift.
_MEASURED_S: Final = 60.0
#: Longest round trip of a measurement that is not repeated at once.
_EXACT_S: Final = 0.1


class RedisClock:
    """The offset of Redis's clock to this machine's monotonic clock, which is never set."""

    def __init__(self) -> None:
        #: Seconds by which Redis's clock is ahead; None before it was measured.
        self._ahead: float | None = None
        self._measured_at = 0.0

    @property
    def unknown(self) -> bool:
        """Whether the clock has to be measured: never done, or more than a minute ago."""
        return self._ahead is None or monotonic() > self._measured_at + _MEASURED_S

    def seconds(self) -> float:
        """Seconds since 1970 by Redis's clock; before it was measured, by this machine's."""
        return time.time() if self._ahead is None else monotonic() + self._ahead

    def measured(self, sent: float, reply: Sequence[bytes | str]) -> bool:
        """Keeps the offset that a reply to TIME shows, half the round trip allowed for; `sent` is
        the monotonic time of the request. Whether that is exact: it is not when the round trip was
        long (a login, or a server that hung), and is measured once more then."""
        received = monotonic()
        seconds, micros = (int(part) for part in reply)
        theirs = seconds + micros / 1e6
        # An offset that this reply allows stays: on a busy machine a measurement would else set the
        # times of records back.
        if self._ahead is None or not theirs - received <= self._ahead <= theirs - sent:
            self._ahead = theirs - (sent + received) / 2
        self._measured_at = received
        return received - sent < _EXACT_S
