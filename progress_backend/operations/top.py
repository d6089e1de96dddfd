"""What nothing else started: tasks that are no workflow's member, and outermost workflows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from ..record.model import STATUSES
from . import workflows
from .call import Asked, Call, added, everywhere, of_each, one
from .keys import Keys
from .scripts import script
from .values import timed


class TopOfAll(NamedTuple):
    """Creation times (µs) and ids, newest first; `counts` as in `Paged`."""

    #: The number of all tasks that are no member, and of all outermost workflows.
    sizes: tuple[int, int]
    counts: tuple[int, ...]
    singles: tuple[tuple[int, str], ...]
    workflows: tuple[tuple[int, str], ...]
    #: How many of them come before the position `start`.
    skip: int = 0


def newest(limit: int, start: int = 0) -> Call[TopOfAll]:
    """The newest tasks that are no workflow's member, and the newest outermost workflows, `limit`
    of each, from a position in the list of both on. Its cost does not depend on the number of
    members. Over several partitions the position is the first, and the list has no more than the
    newest `LISTED` of each, as in `workflows.newest`."""

    def ask(keys: Keys) -> Asked[TopOfAll]:
        names = {"tasks": keys.index(), "members": keys.every_member, "outermost": keys.outermost}
        most = workflows.LISTED if keys.sharded else limit
        about = {"limit": min(limit, most), "most": most, "start": start}
        return one(script("top", names, about, map(keys.index, STATUSES)), parse)

    def parse(reply: list[Any]) -> TopOfAll:
        (tasks, members, outermost, *counts), singles, found, skip = reply
        sizes = (max(tasks - members, 0), outermost)
        return TopOfAll(sizes, tuple(counts), tuple(timed(singles)), tuple(timed(found)), skip)

    def merged(replies: list[TopOfAll]) -> TopOfAll:
        singles = chain(*(reply.singles for reply in replies))
        latest = workflows.latest_of_each(chain(*(reply.workflows for reply in replies)))
        return TopOfAll(
            (min(sum(reply.sizes[0] for reply in replies), workflows.LISTED), len(latest)),
            added([reply.counts for reply in replies]),
            tuple(sorted(singles, reverse=True)[:limit]),
            tuple(latest),
        )

    return everywhere(ask, merged)


def of_workflows(task_ids: Sequence[str]) -> Call[list[bool]]:
    """For each of one or more tasks, whether it is a workflow's member."""

    def ask(keys: Keys, some: Sequence[str]) -> Asked[list[bool]]:
        return one(
            ("ZMSCORE", keys.every_member, *some),
            lambda times: [time is not None for time in times or [None] * len(some)],
        )

    return of_each(task_ids, ask)
