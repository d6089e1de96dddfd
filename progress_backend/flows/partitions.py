"""Where keys lie: plain, on one node; or on a cluster, in partitions that each have a hash tag.

All keys of a task are in its partition, so that one script can work on them. What is about more
than one task is asked of each partition and put together here. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from zlib import crc32

from ..settings import Settings
from . import commands as c
from .keys import Keys

Part = tuple[int, c.Command]


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of each partition; plain keys are one partition without a tag."""

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
        try:
            name = task_id.encode()
        except UnicodeEncodeError:
            name = task_id.encode("utf-8", "surrogatepass")
        return crc32(name) % len(self.keys)

    def of_task(self, task_id: str) -> Keys:
        """The names of a task's partition."""
        return self.keys[self.place(task_id)]

    def split(self, command: c.Command) -> list[Part]:
        """The parts of a command, each for one partition."""
        match command:
            case c.Commit(task_id):
                return [(self.place(task_id), command)]
            case c.LeaseEnd(task_id):
                return [(self.place(task_id), command)]
            case c.Lock() | c.Unlock() | c.CountLost() | c.LostSoFar():
                return [(0, command)]
            case c.LeaveMarkings() | c.MarkingOf():
                return [(0, command)]
            case c.Read(ids) | c.FacetsOf(ids) | c.Extend(ids):
                groups = self._grouped(ids, lambda task_id: task_id)
                return [(i, replace(command, task_ids=tuple(own))) for i, own in groups]
            case c.Commits(commits):
                groups = self._grouped(commits, lambda commit: commit.task_id)
                return [(i, c.Commits(tuple(own))) for i, own in groups]
            case c.Sweep(entries):
                groups = self._grouped(entries, lambda entry: entry.task_id)
                return [(i, replace(command, entries=tuple(own))) for i, own in groups]
            case _:
                return [(i, command) for i in range(len(self.keys))]

    def _grouped(self, items: Sequence[Any], id_of: Callable[[Any], str]) -> list[tuple[int, Any]]:
        groups: dict[int, list[Any]] = {}
        for item in items:
            groups.setdefault(self.place(id_of(item)), []).append(item)
        return list(groups.items())

    def _own(self, parts: list[Part], replies: list[Any], id_of: Callable[[Any], str]) -> list[Any]:
        """What the parts answered. An id that belongs to another partition is somebody else's: it
        would be looked for there, in vain."""
        pairs = zip(parts, replies, strict=True)
        return [one for (i, _), own in pairs for one in own if self.place(id_of(one)) == i]

    def merge(self, command: c.Command, parts: list[Part], replies: list[Any]) -> Any:
        """The command's reply, from those to its parts."""
        match command:
            case c.Read(task_ids) | c.FacetsOf(task_ids):
                found: dict[str, Any] = {}
                for (_, part), reply in zip(parts, replies, strict=True):
                    found.update(zip(part.task_ids, reply, strict=True))  # type: ignore[union-attr]
                return [found[task_id] for task_id in task_ids]
            case c.Commits(commits):
                # Parts keep the order of their own.
                waiting = {i: iter(reply) for (i, _), reply in zip(parts, replies, strict=True)}
                return [next(waiting[self.place(commit.task_id)]) for commit in commits]
            case c.Sweep() | c.Above():
                return sum(replies)
            case c.Tally():
                counts = zip(*(reply.counts for reply in replies), strict=True)
                return c.Tallied(sum(reply.total for reply in replies), tuple(map(sum, counts)))
            case c.Count():
                records, active, recent, memory, wrong, no_writes = zip(*replies, strict=True)
                # Each part was told the memory of all nodes.
                sums = (sum(records), sum(active), sum(recent), max(memory))
                return c.Counted(*sums, tuple(chain(*wrong)), max(no_writes))
            case c.Newest(limit=limit):
                own = self._own(parts, replies, lambda pair: pair[1])
                return sorted(own, reverse=True)[:limit]
            case c.Due(_, limit) | c.Held(_, limit):
                return self._own(parts, replies, lambda task_id: task_id)[:limit]
            case c.Ahead(_, limit):
                return list(dict.fromkeys(chain(*replies)))[:limit]
            case c.Leases(_, limit):
                leases = dict(chain(*replies)).items()
                return sorted(leases, key=lambda lease: lease[1])[:limit]
            case c.RateOf():
                return next((rate for rate in replies if rate is not None), None)
            case _:
                return replies[0] if replies else None
