"""Partitions of the Redis keys: plain keys on one node, or on a Redis Cluster one hash tag a
partition.

All keys of a task are in its partition, so that one script can work on them. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from zlib import crc32

from ..settings import Settings
from .keys import Keys

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Layout:
    """The key names of each partition; plain keys are one partition without a hash tag."""

    keys: tuple[Keys, ...]

    @classmethod
    def of(cls, settings: Settings) -> Layout:
        """The layout that the settings ask for."""
        prefix, count = settings.key_prefix, settings.partitions
        if not count:
            return cls((Keys(prefix),))
        return cls(tuple(Keys(f"{prefix}{{p{i}}}:", sharded=True) for i in range(count)))

    def place(self, task_id: str) -> int:
        """The partition of a task."""
        return crc32(task_id.encode("utf-8", "surrogatepass")) % len(self.keys)

    def of_task(self, task_id: str) -> Keys:
        """The key names of a task's partition."""
        return self.keys[self.place(task_id) if len(self.keys) > 1 else 0]

    def grouped(
        self, items: Sequence[Item], id_of: Callable[[Item], str]
    ) -> list[tuple[Keys, Sequence[Item]]]:
        """The items by the partition of their task, in their order; one group at least."""
        if len(self.keys) == 1 or not items:
            return [(self.keys[0], items)]
        groups: dict[Keys, list[Item]] = {}
        for item in items:
            groups.setdefault(self.of_task(id_of(item)), []).append(item)
        return [*groups.items()]
