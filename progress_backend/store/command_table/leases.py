"""Commands about leases: their renewal by a worker, and the runs under them."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from .. import scripts
from ..requests import Request, evalsha
from .entry import Entry, Part, grouped, in_the_first, of_its_task, own_ids
from .values import nothing, pairs, text, whole


def _assume(command: c.Assume, keys: Keys) -> list[Request]:
    known = [part for lease in command.leases for part in (command.until_ms, lease)]
    return [("ZADD", keys.leases, "NX", *known)]


def _end(command: c.LeaseEnd, replies: list[Any]) -> int | None:
    return None if replies[0] is None else whole(replies[0])


def _over(command: c.Leases, keys: Keys) -> list[Request]:
    bounds = ("-inf", f"({command.before_ms}", "WITHSCORES", "LIMIT", 0, command.limit)
    return [("ZRANGEBYSCORE", keys.leases, *bounds)]


def _leases(command: c.Leases | c.NewestLeases, replies: list[Any]) -> list[tuple[str, int]]:
    return [(text(lease), whole(score)) for lease, score in pairs(replies[0] or [])]


def _oldest_of_all(
    command: c.Leases, layout: Layout, parts: list[Part], replies: list[Any]
) -> list[tuple[str, int]]:
    leases = dict(chain(*replies)).items()
    return sorted(leases, key=lambda lease: lease[1])[: command.limit]


def _ids(command: c.Held, replies: list[Any]) -> list[str]:
    return [text(one) for one in replies[0] or ()]


def _latest(command: c.NewestLeases, keys: Keys) -> list[Request]:
    return [
        ("ZCARD", keys.leases),
        ("ZREVRANGE", keys.leases, 0, command.limit - 1, "WITHSCORES"),
    ]


def _latest_of_all(
    command: c.NewestLeases, layout: Layout, parts: list[Part], replies: list[Any]
) -> tuple[int, list[tuple[str, int]]]:
    """Each lease is renewed in every partition."""
    known: dict[str, int] = {}
    for lease, until_ms in chain.from_iterable(found for _, found in replies):
        known[lease] = max(until_ms, known.get(lease, until_ms))
    leases = sorted(known.items(), key=lambda lease: lease[1], reverse=True)
    total = max(len(known), *(total for total, _ in replies))
    return total, leases[: command.limit]


def _held_by_each(command: c.HeldByEach, keys: Keys) -> list[Request]:
    last = command.limit - 1
    return [
        request
        for name in map(keys.held, command.leases)
        for request in (("ZCARD", name), ("ZRANGE", name, 0, last))
    ]


def _counts_and_ids(command: c.HeldByEach, replies: list[Any]) -> list[tuple[int, list[str]]]:
    found = zip(replies[::2], replies[1::2], strict=True)
    return [(count or 0, [text(one) for one in ids or ()]) for count, ids in found]


def _sums_of_each(
    command: c.HeldByEach, layout: Layout, parts: list[Part], replies: list[Any]
) -> list[tuple[int, list[str]]]:
    return [
        (sum(count for count, _ in each), list(chain(*(ids for _, ids in each)))[: command.limit])
        for each in zip(*replies, strict=True)
    ]


def _forget(command: c.ForgetLease, keys: Keys) -> list[Request]:
    names = [keys.leases, keys.held(command.lease)]
    return [evalsha(scripts.FORGET, names, command.lease, command.before_ms)]


def _ask_again(command: c.AskAgain, keys: Keys) -> list[Request]:
    over = [task_id for task_id, at_ms in command.tasks if at_ms is None]
    due = [part for i, at_ms in command.tasks if at_ms is not None for part in (at_ms, i)]
    later: list[Request] = [("ZADD", keys.asked_again, *due)] if due else []
    return [*later, ("ZREM", keys.asked_again, *over)] if over else later


def _by_partition(command: c.AskAgain, layout: Layout) -> list[Part]:
    groups = grouped(command.tasks, layout, lambda task: task[0])
    return [(place, c.AskAgain(tuple(own))) for place, own in groups]


def _to_ask(command: c.ToAsk, keys: Keys) -> list[Request]:
    bounds = ("-inf", command.before_ms, "LIMIT", 0, command.limit)
    return [("ZRANGEBYSCORE", keys.asked_again, *bounds)]


TABLE: dict[type[c.Command], Entry] = {
    c.Renew: Entry(
        lambda command, keys: [("ZADD", keys.leases, command.until_ms, command.lease)],
        nothing,
    ),
    c.Assume: Entry(_assume, nothing),
    c.EndLease: Entry(
        lambda command, keys: [("ZADD", keys.leases, "XX", 0, command.lease)],
        nothing,
    ),
    c.LeaseEnd: Entry(
        lambda command, keys: [("ZSCORE", keys.leases, command.lease)],
        _end,
        of_its_task,
    ),
    c.Leases: Entry(_over, _leases, merge=_oldest_of_all),
    c.NewestLeases: Entry(
        _latest,
        lambda _, replies: (replies[0] or 0, _leases(_, replies[1:])),
        merge=_latest_of_all,
    ),
    c.HeldByEach: Entry(_held_by_each, _counts_and_ids, merge=_sums_of_each),
    c.Held: Entry(
        lambda command, keys: [("ZRANGE", keys.held(command.lease), 0, command.limit - 1)],
        _ids,
        merge=own_ids,
    ),
    c.ForgetLease: Entry(_forget, nothing),
    c.CountLost: Entry(
        lambda command, keys: [("INCRBY", keys.lost, command.runs)],
        nothing,
        in_the_first,
    ),
    c.LostSoFar: Entry(
        lambda _, keys: [("GET", keys.lost)],
        lambda _, replies: whole(replies[0] or 0),
        in_the_first,
    ),
    c.AskAgain: Entry(_ask_again, nothing, _by_partition),
    c.ToAsk: Entry(_to_ask, _ids, merge=own_ids),
}
