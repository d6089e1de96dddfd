"""The list of workflows; and that of what nothing else started: tasks that are no workflow's
member, and outermost workflows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from ..record.model import STATUSES
from .call import Call, Requests, added, everywhere, of_each, one
from .keys import Keys
from .scripts import script
from .values import nothing, timed
from .workflows import sets_of_workflows

#: Workflows of a list over several partitions.
LISTED: Final = 1_000


class WorkflowPage(NamedTuple):
    """A page of workflows: how many are in the list, creation times (ms) and ids."""

    total: int
    found: tuple[tuple[int, str], ...]


class TopOfAll(NamedTuple):
    """Creation times (µs) and ids, newest first; `counts` as in `TaskPage`."""

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
    newest `LISTED` of each, as in `newest_workflows`."""

    def ask(keys: Keys) -> Requests[TopOfAll]:
        names = {"tasks": keys.index(), "members": keys.every_member, "outermost": keys.outermost}
        most = LISTED if keys.sharded else limit
        about = {"limit": min(limit, most), "most": most, "start": start}
        return one(script("top", names, about, map(keys.index, STATUSES)), parse)

    def parse(reply: list[Any]) -> TopOfAll:
        (tasks, members, outermost, *counts), singles, found, skip = reply
        sizes = (max(tasks - members, 0), outermost)
        return TopOfAll(sizes, tuple(counts), tuple(timed(singles)), tuple(timed(found)), skip)

    def merged(replies: list[TopOfAll]) -> TopOfAll:
        singles = chain(*(reply.singles for reply in replies))
        latest = latest_of_each(chain(*(reply.workflows for reply in replies)))
        return TopOfAll(
            (min(sum(reply.sizes[0] for reply in replies), LISTED), len(latest)),
            added([reply.counts for reply in replies]),
            tuple(sorted(singles, reverse=True)[:limit]),
            tuple(latest),
        )

    return everywhere(ask, merged)


def of_workflows(task_ids: Sequence[str]) -> Call[list[bool]]:
    """For each of one or more tasks, whether it is a workflow's member."""

    def ask(keys: Keys, some: Sequence[str]) -> Requests[list[bool]]:
        return one(
            ("ZMSCORE", keys.every_member, *some),
            lambda times: [time is not None for time in times or [None] * len(some)],
        )

    return of_each(task_ids, ask)


def newest_workflows(start: int, limit: int) -> Call[WorkflowPage]:
    """`limit` workflows from `start` on, newest first. Over several partitions no more than the
    newest `LISTED` are in the list, each by the last time at which a partition got its first
    member."""

    def ask(keys: Keys) -> Requests[WorkflowPage]:
        place = (0, LISTED) if keys.sharded else (start, limit)
        bounds = ("+inf", "-inf", "WITHSCORES", "LIMIT", *place)
        asked = [("ZCARD", keys.workflows), ("ZREVRANGEBYSCORE", keys.workflows, *bounds)]
        return Requests(
            asked, lambda replies: WorkflowPage(replies[0] or 0, tuple(timed(replies[1])))
        )

    def merged(replies: list[WorkflowPage]) -> WorkflowPage:
        found = latest_of_each(chain(*(reply.found for reply in replies)))
        return WorkflowPage(len(found), tuple(found[start : start + limit]))

    return everywhere(ask, merged)


def latest_of_each(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """The newest `LISTED` workflows of all partitions by the latest of their times: each of them is
    among the newest of a partition, which would not hold of the earliest times."""
    latest = {workflow_id: time for time, workflow_id in sorted(found)}
    times = ((time, workflow_id) for workflow_id, time in latest.items())
    return sorted(times, reverse=True)[:LISTED]


def forget_workflow(workflow_id: str) -> Call[None]:
    """Deletes the keys of a workflow in each partition without a stored member."""

    def ask(keys: Keys) -> Requests[None]:
        names = {"workflow": keys.workflow(workflow_id), "members": keys.members(workflow_id)}
        names |= sets_of_workflows(keys)
        return one(script("forget_workflow", names, {"id": workflow_id}), nothing)

    return everywhere(ask)
