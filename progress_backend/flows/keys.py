"""Every Redis key and channel name; other modules take them from here.

`task:{task_id}` and `task_update:{task_id}` are the specification's; a prefix goes before both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

#: Separates the facets in an index's key; no status holds it, and in a type or symbol it is
#: doubled.
_BAR = "|"


@dataclass(frozen=True, slots=True)
class Keys:
    """The key and channel names under one prefix."""

    prefix: str = ""
    #: On a Redis Cluster: one sharded channel for all tasks of the partition.
    sharded: bool = False

    # Records

    def task(self, task_id: str) -> str:
        """String: the record's document."""
        return f"{self.prefix}task:{task_id}"

    def channel(self, task_id: str) -> str:
        """Channel on which the document is published after each commit."""
        return (
            f"{self.prefix}task_updates" if self.sharded else f"{self.prefix}task_update:{task_id}"
        )

    @property
    def every_channel(self) -> str:
        """Pattern over all tasks' channels."""
        return f"{_escaped(self.prefix)}task_update:*"

    # Indexes

    def index(
        self, status: str | None = None, task_type: str | None = None, symbol: str | None = None
    ) -> str:
        """Sorted set of task ids by creation time (µs), for one combination of filters."""
        parts = [
            f"{_BAR}{name}={value.replace(_BAR, _BAR * 2)}"
            for name, value in (("status", status), ("type", task_type), ("symbol", symbol))
            if value is not None
        ]
        return f"{self.prefix}tasks{''.join(parts)}"

    def indexes(self, status: str, task_type: str, symbol: str | None) -> Iterator[str]:
        """Every index that a task with these facets is in: four, or eight with a symbol."""
        for facets in product((None, status), (None, task_type), {None, symbol}):
            yield self.index(*facets)

    @property
    def facets(self) -> str:
        """Hash: task id -> its facets, so that an index can be cleaned without the document."""
        return f"{self.prefix}task_facets"

    @property
    def expiry(self) -> str:
        """Sorted set of task ids by the time (ms) from which cleanup may delete them."""
        return f"{self.prefix}task_expiry"

    def rate(self, task_type: str) -> str:
        """String: items a second, as last seen at the completion of a task of this type."""
        return f"{self.prefix}task_rate:{task_type}"

    # Workers

    @property
    def leases(self) -> str:
        """Sorted set of lease ids by the time (ms) at which each runs out."""
        return f"{self.prefix}progress_leases"

    def held(self, lease: str) -> str:
        """Sorted set of the task ids that run under a lease."""
        return f"{self.prefix}progress_held:{lease}"

    @property
    def lost(self) -> str:
        """String: how many runs were found lost, by any process."""
        return f"{self.prefix}progress_found_lost"

    @property
    def markings(self) -> str:
        """Hash: task name -> its marking, for processes that publish tasks which they have not
        imported."""
        return f"{self.prefix}progress_markings"

    def lock(self, name: str) -> str:
        """String: token of the process that does a pass ("reap", "cleanup") at the moment."""
        return f"{self.prefix}progress_lock:{name}"


def _escaped(prefix: str) -> str:
    """A prefix as part of a PSUBSCRIBE pattern."""
    return "".join(f"\\{c}" if c in "*?[]\\" else c for c in prefix)
