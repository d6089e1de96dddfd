"""Times in a zone, each with the offset of its own moment.

Of two times that share a zone Python compares, and subtracts, what the wall showed: when clocks go
back an hour, that much would be lost.
"""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo

#: Zones change their offset at whole quarters of an hour.
_QUARTER_S = 900


class LocalTime:
    """Makes the times of one zone."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        #: The quarter of an hour that was asked for last, and its offset.
        self._known: tuple[int, tzinfo] | None = None

    def at(self, seconds: float) -> datetime:
        """The time so many seconds after 1970."""
        quarter = int(seconds // _QUARTER_S)
        known = self._known
        if known is None or known[0] != quarter:
            offset = datetime.fromtimestamp(seconds, self._zone).utcoffset()
            assert offset is not None, "a zone knows its offsets"
            self._known = known = quarter, timezone(offset)
        return datetime.fromtimestamp(seconds, known[1])
