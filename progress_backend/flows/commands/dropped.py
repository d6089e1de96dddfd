"""Commands about events that processes have dropped while the store did not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: What a dropped event was of; the first is dropped first.
DROPPED: Final = ("value", "publish", "start", "other", "end")


@dataclass(frozen=True, slots=True)
class CountDropped:
    """-> None: adds to the counts of dropped events, by what they were of."""

    events: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DroppedSoFar:
    """-> dict[str, int]: how many events any process has dropped, since the store was empty, for
    each of `DROPPED`."""
