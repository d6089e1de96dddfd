"""Token buckets: how much each client may take, at once and in time; pure.

The package limits has windows, no buckets: of bytes it would keep an entry each, and of clients
all, until a thread of its own removes them.

A bucket holds `most` units and fills by `rate` units a second. Of each client one number is kept:
the time at which its bucket is full again. A client that is forgotten has a full one.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

#: Clients that are remembered: those that took last.
REMEMBERED: Final = 10_000


class Buckets:
    """One bucket a client.

    Args:
        rate: units a second by which a bucket fills.
        most: units that a full bucket holds.
    """

    def __init__(self, rate: float, most: float) -> None:
        self._rate = rate
        self._most = most
        #: When each client's bucket is full again, in the order of the last take.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, client: str, now: float, units: float = 1.0) -> float:
        """Takes units out of a client's bucket, if they are in it; more than a bucket holds are
        given out of a full one.

        Args:
            client: the client's name.
            now: seconds on a clock that is never set back.
            units: how much is taken.

        Returns:
            0 if it was taken; else the seconds until it may be, and nothing was taken.
        """
        full_at = max(self._full_at.get(client, now), now)
        wait_s = full_at - now - max(self._most - units, 0.0) / self._rate
        if wait_s > 0:
            return wait_s
        self._full_at[client] = full_at + units / self._rate
        self._full_at.move_to_end(client)
        if len(self._full_at) > REMEMBERED:
            self._full_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)
