"""Counts that all processes add to, and the store's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ..record.model import TaskStatus
from ..record.outcomes import Sums, merged
from .call import Call, Requests, everywhere, in_the_first, one
from .keys import Keys
from .values import MORE_ROOM, nothing, sums, timed, whole

#: Kinds of dropped events; the first is dropped first.
DROPPED: Final = ("value", "publish", "start", "other", "end")


def add_dropped(events: Mapping[str, int]) -> Call[None]:
    """Adds to the counts of events, by kind, that a process has dropped while the store did not
    reply."""

    def ask(keys: Keys) -> Requests[None]:
        return Requests([("HINCRBY", keys.dropped, *each) for each in events.items()], nothing)

    return in_the_first(ask)


def dropped() -> Call[dict[str, int]]:
    """How many events any process has dropped, since the store was empty, for each of `DROPPED`."""

    def parse(counts: list[Any] | None) -> dict[str, int]:
        each = zip(DROPPED, counts or [None] * len(DROPPED), strict=True)
        return {what: whole(events or 0) for what, events in each}

    return in_the_first(lambda keys: one(("HMGET", keys.dropped, *DROPPED), parse))


def outcomes() -> Call[Sums]:
    """The figures by type, since the store was empty."""

    def ask(keys: Keys) -> Requests[Sums]:
        successes = ("ZRANGE", keys.successes, 0, -1, "WITHSCORES")
        return Requests([("HGETALL", keys.outcomes), successes], parse)

    def parse(replies: list[Any]) -> Sums:
        return Sums(sums(replies[0]), {name: at_ms for at_ms, name in timed(replies[1])})

    return everywhere(ask, merged)


class TaskCounts(NamedTuple):
    """The store's counts: all records, running ones and those created since a time."""

    records: int
    active: int
    recent: int


class Memory(NamedTuple):
    """The memory of Redis, on a cluster of all nodes."""

    used_bytes: int
    #: The reason that Redis gives for refusing writes; "" if it takes them.
    no_writes: str = ""
    #: Redis's maxmemory-policy where that deletes keys; "" if it deletes none.
    evicts: str = ""

    @property
    def eviction(self) -> str:
        """The effect of a policy that deletes keys, and what to do; "" without one."""
        if not self.evicts:
            return ""
        return (
            f"Redis deletes records when its memory is full, since maxmemory-policy is "
            f"{self.evicts}; set it to noeviction"
        )


def store(since_ms: int) -> Call[TaskCounts]:
    """The store's counts, with the records created since a time."""

    def ask(keys: Keys) -> Requests[TaskCounts]:
        every, running = keys.index(), keys.index(TaskStatus.RUNNING)
        counted = [("ZCARD", every), ("ZCARD", running), ("ZCOUNT", every, since_ms * 1000, "+inf")]
        return Requests(counted, lambda replies: TaskCounts(*(count or 0 for count in replies)))

    return everywhere(ask)


def memory() -> Call[Memory]:
    """The memory of Redis."""

    def parse(info: Any) -> Memory:
        nodes = nodes_of(info)
        first = (next(filter(None, map(of, nodes)), "") for of in (_no_writes, _evicts))
        return Memory(sum(int(node["used_memory"]) for node in nodes), *first)

    return in_the_first(lambda keys: one(("INFO", "memory", "replication"), parse))


def nodes_of(info: Any) -> list[dict[str, Any]]:
    """INFO's values of each server: of one from its text; of a cluster's as redis-py has parsed
    them, by name if there are several."""
    if isinstance(info, bytes):
        lines = info.decode(errors="replace").splitlines()
        return [dict(line.split(":", 1) for line in lines if ":" in line)]
    several = all(isinstance(each, dict) for each in info.values())
    return [*info.values()] if several else [info]


def _no_writes(node: dict[str, Any]) -> str:
    """Why a Redis server takes no writes, "" if it does."""
    if node.get("role") == "slave" and int(node.get("slave_read_only", 1)):
        return "it is a read-only replica"
    most, used = int(node.get("maxmemory", 0)), int(node["used_memory"])
    if most and node.get("maxmemory_policy") == "noeviction" and used >= most:
        return f"its memory is full: {MORE_ROOM}"
    return ""


def _evicts(node: dict[str, Any]) -> str:
    """The maxmemory-policy of a Redis server that deletes keys."""
    policy = str(node.get("maxmemory_policy", "noeviction"))
    return "" if policy == "noeviction" else policy
