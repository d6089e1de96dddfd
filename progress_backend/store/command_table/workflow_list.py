"""Commands about the list of workflows."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import pairs, text, whole
from .entry import Entry, Part, everywhere, nothing


def _listed(command: c.Workflows, keys: Keys) -> list[Request]:
    bounds = ("+inf", "-inf", "WITHSCORES", "LIMIT", command.start, command.limit)
    return [("ZCARD", keys.workflows), ("ZREVRANGEBYSCORE", keys.workflows, *bounds)]


def _times_and_ids(command: c.Workflows, replies: list[Any]) -> c.Listed:
    total, found = replies
    return c.Listed(total or 0, tuple((whole(ms), text(one)) for one, ms in pairs(found or [])))


def _newest_of_each(command: c.Workflows, layout: Layout) -> list[Part]:
    """Asks each partition for its newest."""
    return everywhere(c.Workflows(0, c.LISTED), layout)


def _newest_of_all(
    command: c.Workflows, layout: Layout, parts: list[Part], replies: list[c.Listed]
) -> c.Listed:
    """Sorts each workflow by the latest of its times: those that are newest by it are all among the
    newest of a partition, which would not hold of the earliest."""
    every = sorted(chain.from_iterable(one.found for one in replies))
    latest = {workflow_id: ms for ms, workflow_id in every}
    found = sorted(((ms, workflow_id) for workflow_id, ms in latest.items()), reverse=True)
    found = found[: c.LISTED]
    return c.Listed(len(found), tuple(found[command.start : command.start + command.limit]))


def _forget(command: c.ForgetWorkflow, keys: Keys) -> list[Request]:
    workflow_id = command.workflow_id
    names = [keys.workflow(workflow_id), keys.members(workflow_id), *of_all_workflows(keys)]
    return [evalsha(SCRIPTS["forget_workflow"], names, workflow_id)]


def of_all_workflows(keys: Keys) -> tuple[str, ...]:
    """The sorted sets that hold a workflow's id."""
    return (keys.workflows, keys.workflow_plans, keys.outermost)


TABLE: dict[type[c.Command], Entry] = {
    c.Workflows: Entry(_listed, _times_and_ids, _newest_of_each, _newest_of_all),
    c.ForgetWorkflow: Entry(_forget, nothing),
}
