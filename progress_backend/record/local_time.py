"""Times in a zone, each with the offset of its own moment.

Of two times that share a zone Python compares, and subtracts, what the wall showed: when clocks go
back an hour, that much would be lost.
"""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from typing import Final

#: Zones change their offset at whole quarters of an hour.
_QUARTER_S = 900
#: Years in which can be reckoned, whatever the offset.
_YEARS: Final = range(1970, 9_000)
#: Texts whose moment is remembered: a record says its older times again and again.
_REMEMBERED: Final = 8_192


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


@lru_cache(maxsize=_REMEMBERED)
def moment(text: str) -> datetime:
    """The time that an ISO 8601 text with an offset says.

    Raises:
        ValueError: it says none, or none that can be reckoned with.
    """
    time = datetime.fromisoformat(text)
    if time.utcoffset() is None or time.year not in _YEARS:
        raise ValueError(f"no time with an offset: {text!r:.40}")
    return time


@lru_cache(maxsize=_REMEMBERED)
def in_its_zone(text: str, zone: tzinfo) -> str:
    """The same moment as a zone shows it; the same text where it is shown so.

    Raises:
        ValueError: as `moment`.
    """
    time = moment(text)
    there = time.astimezone(zone)
    same = time.utcoffset() == there.utcoffset()
    return text if same else there.isoformat(timespec="milliseconds")
