"""Times in a time zone, each with the UTC offset of its own moment.

Python compares and subtracts two times of one zone by their wall-clock values: when clocks are set
back an hour, the result would be an hour off.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
MICROSECOND: Final = timedelta(microseconds=1)
#: Years in which any offset can be added or taken off.
_YEARS: Final = range(1970, 9_000)
#: Time texts that are cached: a record has the same older times in each version.
_REMEMBERED: Final = 8_192


def at(seconds: float, zone: tzinfo) -> datetime:
    """The time at so many seconds after 1970, with the offset that the zone has then."""
    time = datetime.fromtimestamp(seconds, zone)
    offset = time.utcoffset()
    assert offset is not None, "a zone knows its offsets"
    return time.replace(tzinfo=timezone(offset))


def in_milliseconds(time: datetime) -> datetime:
    """A time as it is recorded, in milliseconds: a record in memory equals the stored one."""
    rest = time.microsecond % 1000
    return time.replace(microsecond=time.microsecond - rest) if rest else time


@lru_cache(maxsize=_REMEMBERED)
def moment(text: str) -> datetime:
    """The datetime of an ISO 8601 text with an offset.

    Raises:
        ValueError: the text is no such time, or its year is out of range.
    """
    time = datetime.fromisoformat(text)
    if time.utcoffset() is None or time.year not in _YEARS:
        raise ValueError(f"no time with an offset: {text!r:.40}")
    return time


def text_after(time: datetime, seconds: float) -> str:
    """The ISO 8601 text, with milliseconds, of the time so many seconds after another."""
    after = datetime.fromtimestamp(time.timestamp() + seconds, time.tzinfo)
    return after.isoformat(timespec="milliseconds")


def optional_moment(text: str | None) -> datetime | None:
    """As `moment`; None for None."""
    return None if text is None else moment(text)


def beside(time: datetime, other: datetime | None) -> datetime:
    """A time with the UTC offset of another one: a record has that of its creation in all times."""
    same = other is None or time.tzinfo == other.tzinfo
    return time if same or other is None else time.astimezone(other.tzinfo)
