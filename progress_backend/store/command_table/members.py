"""Requests of commits of workflows' members, which change the workflows' figures too."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.index_entry import write_facets
from ...operations.keys import Keys
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.webhooks import noted
from ...record.document_check import MAX_DOCUMENT_BYTES
from ...record.model import TaskStatus
from ...record.times_taken import MOST_TOTALS
from .standing import by_end, indexes
from .timelines import remembered
from .times import times_of

#: In place of a request's id: the member leaves the workflow, whose requests do not matter to it.
_LEFT = "*"


def is_member(facets: c.Standing) -> bool:
    """Whether these are the facets of a workflow's member."""
    return isinstance(facets, c.Facets) and bool(facets.workflows)


def commit_of_member(commit: c.Commit, keys: Keys) -> Request:
    """The request of a commit that changes workflows' figures too."""
    before, after = commit.before, commit.after
    leave, enter = _moved(before, after, commit.fresh, keys)
    grown = _shares(before, after)
    completes = commit.after.status == TaskStatus.COMPLETED and not keys.sharded
    hashes = [name for one in grown for name in _about_one(one, keys, completes=completes)]
    known = dict(zip(after.workflows, commit.acts or ("",) * len(after.workflows), strict=True))
    about = [
        part
        for one, by in grown.items()
        for part in (one, by, keys.workflow_channel(one), known.get(one, _LEFT))
    ]
    names = [keys.task(commit.task_id), keys.facets, keys.expiry, keys.index()]
    names += [keys.runs(after.task_type), keys.times]
    names += [keys.workflows, keys.workflow_plans, keys.outermost]
    names += [keys.ended(after.status)]
    outboxes, told = noted(commit.told, keys)
    timelines, entries = remembered(commit, keys)
    return evalsha(
        SCRIPTS["commit_member"],
        [*names, *leave, *enter, *hashes, *outboxes, *timelines],
        *compared(commit, keys, len(leave), len(enter), len(told), len(entries)),
        "" if commit.started_ms is None else commit.started_ms,
        "" if commit.ended_ms is None else commit.ended_ms,
        commit.workflow_name or "",
        commit.workflow_total or "",
        len(commit.took),
        keys.past_workflows("") if completes else "",
        *times_of(commit),
        *about,
        *told,
        *entries,
    )


def _about_one(workflow_id: str, keys: Keys, *, completes: bool) -> tuple[str, ...]:
    """The keys of a workflow that a member's commit changes, and by which that of a member that has
    completed tells whether all have. On a cluster no partition has all."""
    changed = keys.workflow(workflow_id), keys.planned(workflow_id)
    if not completes:
        return changed
    done = keys.members(workflow_id, TaskStatus.COMPLETED)
    told = keys.members(workflow_id), done, keys.publishers(workflow_id)
    return (*changed, *told, keys.workflow_names)


def compared(
    commit: c.Commit, keys: Keys, leaves: int, enters: int, told: int, entries: int
) -> tuple[Any, ...]:
    """The arguments of a script that compares what is stored before it commits."""
    return (
        commit.task_id,
        commit.expected,
        write_facets(commit.before),
        commit.document,
        write_facets(commit.after),
        commit.ttl_ms,
        "" if commit.due_ms is None else commit.due_ms,
        keys.channel(commit.task_id),
        leaves,
        enters,
        int(commit.fresh),
        "" if commit.run is None else commit.run.text,
        publish(keys),
        MAX_DOCUMENT_BYTES,
        2 * MOST_TOTALS,
        told,
        entries,
        "" if commit.end_ms is None else commit.end_ms,
    )


def publish(keys: Keys) -> str:
    """The command by which a script publishes."""
    return "SPUBLISH" if keys.sharded else "PUBLISH"


def begins_member(commit: c.Commit) -> bool:
    """Whether a commit is the first of a workflow's member, so that its request may carry others
    too."""
    return (
        bool(commit.after.workflows)
        and (commit.before, commit.expected, commit.run, commit.took) == (None, "", None, ())
        and (commit.started_ms, commit.ended_ms, any(commit.acts)) == (None, None, False)
        and commit.fresh
        and commit.due_ms is not None
        and commit.told is None
        and not commit.entries
    )


def commit_of_members(commits: Sequence[c.Commit], keys: Keys) -> Request:
    """The request of the first commits of members with the same facets."""
    after = commits[0].after
    enter = indexes(after, keys)
    hashes = [name for one in after.workflows for name in (keys.workflow(one), keys.planned(one))]
    about = [part for one in after.workflows for part in (one, keys.workflow_channel(one))]
    names = [commit.workflow_name for commit in commits if commit.workflow_name]
    totals = [commit.workflow_total for commit in commits if commit.workflow_total]
    each = [
        (one.task_id, one.document, one.ttl_ms, one.due_ms, keys.channel(one.task_id))
        for one in commits
    ]
    return evalsha(
        SCRIPTS["commit_members"],
        [
            *(keys.facets, keys.expiry, keys.workflows, keys.workflow_plans, keys.outermost),
            *enter,
            *hashes,
            *(keys.task(commit.task_id) for commit in commits),
        ],
        len(enter),
        len(after.workflows),
        write_facets(after),
        publish(keys),
        MAX_DOCUMENT_BYTES,
        after.share,
        names[-1] if names else "",
        totals[-1] if totals else "",
        *about,
        *chain.from_iterable(each),
    )


def _moved(
    before: c.Standing, after: c.Facets, fresh: bool, keys: Keys
) -> tuple[list[str], list[str]]:
    """The indexes that a member leaves and enters; a fresh one enters all, as the newest."""
    if before == after and not fresh:
        return [], []
    old = indexes(before, keys) if before is not None else ()
    new = indexes(after, keys)
    leave = [name for name in old if name not in new]
    leave += [name for name in by_end(before, keys) if name not in by_end(after, keys)]
    return leave, [name for name in new if fresh or name not in old]


def _shares(before: c.Standing, after: c.Facets) -> dict[str, int]:
    """What the share of each of a member's workflows grows by."""
    grown = dict.fromkeys(after.workflows, after.share)
    if isinstance(before, c.Facets):
        for workflow_id in before.workflows:
            grown[workflow_id] = grown.get(workflow_id, 0) - before.share
    return grown
