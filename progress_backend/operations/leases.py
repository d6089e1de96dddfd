"""Leases: their renewal by a worker, and the runs under them. On a cluster the leases are in the
first partition, the runs in that of each task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

from .call import Call, Request, Requests, everywhere, in_the_first, listed, one, shared
from .keys import Keys
from .scripts import script
from .values import nothing, sums, texts, timed, whole


def renew(lease: str, until_ms: int, slots: int | None = None) -> Call[None]:
    """Writes that a lease is valid until a time, and how many tasks its worker runs at most."""

    def ask(keys: Keys) -> Requests[None]:
        until: Request = ("ZADD", keys.leases, until_ms, lease)
        size: list[Request] = [] if slots is None else [("HSET", keys.slots, lease, slots)]
        return Requests([until, *size], nothing)

    return in_the_first(ask)


def assume(leases: Collection[str], until_ms: int) -> Call[None]:
    """Writes leases that are not stored with this time as their end."""
    known = [part for lease in leases for part in (until_ms, lease)]
    return in_the_first(lambda keys: one(("ZADD", keys.leases, "NX", *known), nothing))


def end(lease: str) -> Call[None]:
    """Ends a lease now; the check for lost runs then judges its runs."""
    return in_the_first(lambda keys: one(("ZADD", keys.leases, "XX", 0, lease), nothing))


def ends_at(lease: str) -> Call[int | None]:
    """When a lease expires; None if it is not stored."""

    def parse(score: Any) -> int | None:
        return None if score is None else whole(score)

    return in_the_first(lambda keys: one(("ZSCORE", keys.leases, lease), parse))


def expired(before_ms: int, limit: int) -> Call[list[tuple[str, int]]]:
    """Ids of the leases that expired before a time, and when, oldest first."""
    bounds = ("-inf", f"({before_ms}", "WITHSCORES", "LIMIT", 0, limit)
    return in_the_first(lambda keys: one(("ZRANGEBYSCORE", keys.leases, *bounds), _leases))


def _leases(reply: list[Any] | None) -> list[tuple[str, int]]:
    return [(lease, until_ms) for until_ms, lease in timed(reply)]


def newest(limit: int) -> Call[tuple[int, list[tuple[str, int]], dict[str, int]]]:
    """How many leases are stored, and `limit` of them with their times of expiry, latest first; how
    many tasks the worker of each lease runs at most, where that is known."""

    def ask(keys: Keys) -> Requests[tuple[int, list[tuple[str, int]], dict[str, int]]]:
        latest = ("ZREVRANGE", keys.leases, 0, limit - 1, "WITHSCORES")
        return Requests(
            [("ZCARD", keys.leases), latest, ("HGETALL", keys.slots)],
            lambda replies: (replies[0] or 0, _leases(replies[1]), sums(replies[2])),
        )

    return in_the_first(ask)


def held(lease: str, limit: int) -> Call[list[str]]:
    """Ids of the tasks that run under a lease, longest held first."""
    return everywhere(
        lambda keys: one(("ZRANGE", keys.lease_tasks(lease), 0, limit - 1), texts),
        listed(limit),
    )


def held_by_each(leases: Sequence[str], limit: int) -> Call[list[tuple[int, list[str]]]]:
    """For each lease the number of tasks that run under it, and the ids of `limit` of these, the
    longest held first."""

    def ask(keys: Keys) -> Requests[list[tuple[int, list[str]]]]:
        names = [keys.lease_tasks(lease) for lease in leases]
        asked = [(("ZCARD", name), ("ZRANGE", name, 0, limit - 1)) for name in names]
        return Requests(list(chain(*asked)), counts_and_ids)

    def counts_and_ids(replies: list[Any]) -> list[tuple[int, list[str]]]:
        found = zip(replies[::2], replies[1::2], strict=True)
        return [(count or 0, texts(ids)) for count, ids in found]

    def sums(replies: list[list[tuple[int, list[str]]]]) -> list[tuple[int, list[str]]]:
        return [
            (sum(count for count, _ in each), list(chain(*(ids for _, ids in each)))[:limit])
            for each in zip(*replies, strict=True)
        ]

    return everywhere(ask, sums)


def forget(lease: str, before_ms: int) -> Call[None]:
    """Deletes a lease that expired before a time and holds no task; on a cluster, no task of the
    first partition."""

    def ask(keys: Keys) -> Requests[None]:
        names = {"leases": keys.leases, "held": keys.lease_tasks(lease), "slots": keys.slots}
        return one(script("forget", names, {"lease": lease, "before": before_ms}), nothing)

    return in_the_first(ask)


def ask_again(tasks: Collection[tuple[str, int | None]]) -> Call[None]:
    """Sets for each task the time (ms) of the next read of the result backend; None: no further
    read."""

    def ask(keys: Keys, tasks: Sequence[tuple[str, int | None]]) -> Requests[None]:
        over = [task_id for task_id, at_ms in tasks if at_ms is None]
        due = [part for i, at_ms in tasks if at_ms is not None for part in (at_ms, i)]
        requests = [("ZADD", keys.result_checks, *due)] if due else []
        requests += [("ZREM", keys.result_checks, *over)] if over else []
        return Requests(requests, nothing)

    return shared(tuple(tasks), ask, lambda task: task[0])


def to_ask(before_ms: int, limit: int) -> Call[list[str]]:
    """Ids of tasks for which the result backend is to be read until a time, the longest
    due first."""
    bounds = ("-inf", before_ms, "LIMIT", 0, limit)
    return everywhere(
        lambda keys: one(("ZRANGEBYSCORE", keys.result_checks, *bounds), texts),
        listed(limit),
    )
