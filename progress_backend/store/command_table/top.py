"""Commands about what nothing else started: tasks that are no workflow's member, and outermost
workflows."""

from __future__ import annotations

from itertools import chain
from math import inf
from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import pairs, text, whole
from ...record.model import STATUSES
from .entry import Entry, Part, own, total


def _top(command: c.Top, keys: Keys) -> list[Request]:
    until, limit = command.until_us, command.limit
    names = [keys.index(), keys.every_member, keys.outermost, *map(keys.index, STATUSES)]
    # Over several partitions those are looked for that are newest by the latest of their times.
    workflows = (inf, c.LISTED) if keys.sharded else (until, limit)
    return [evalsha(SCRIPTS["top"], names, until, limit, *workflows, command.start)]


def _of_all(command: c.Top, replies: list[Any]) -> c.TopOfAll:
    (tasks, members, outermost, *counts), singles, workflows, skip = replies[0]
    sizes = (max(tasks - members, 0), outermost)
    return c.TopOfAll(sizes, tuple(counts), _placed(singles), _placed(workflows), skip)


def _placed(reply: list[Any]) -> tuple[tuple[int, str], ...]:
    return tuple((whole(us), text(one)) for one, us in pairs(reply))


def _merged(
    command: c.Top, layout: Layout, parts: list[Part], replies: list[c.TopOfAll]
) -> c.TopOfAll:
    """Sorts each workflow by the latest of its times, as the list of workflows does."""
    singles = own(layout, parts, [reply.singles for reply in replies], lambda pair: pair[1])
    every = sorted(chain.from_iterable(reply.workflows for reply in replies))
    latest = {workflow_id: us for us, workflow_id in every}
    workflows = sorted(((us, one) for one, us in latest.items()), reverse=True)[: c.LISTED]
    return c.TopOfAll(
        (sum(reply.sizes[0] for reply in replies), len(workflows)),
        tuple(map(sum, zip(*(reply.counts for reply in replies), strict=True))),
        tuple(sorted(singles, reverse=True)[: command.limit]),
        tuple(workflows),
    )


def _since(command: c.TopSince, keys: Keys) -> list[Request]:
    names = (keys.index(), keys.every_member)
    return [("ZCOUNT", name, f"({command.after_us}", "+inf") for name in names]


def _counted(command: c.TopSince, replies: list[Any]) -> int:
    tasks, members = (reply or 0 for reply in replies)
    return max(tasks - members, 0)


TABLE: dict[type[c.Command], Entry] = {
    c.Top: Entry(_top, _of_all, merge=_merged),
    c.TopSince: Entry(_since, _counted, merge=total),
}
