"""Requests of commits of workflows' members, which change the workflows' figures too."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from ..record.fields import MAX_DOCUMENT_BYTES
from ..record.model import TaskStatus
from .call import Request
from .commit import Commit, publish
from .index_entry import Facets, Standing, write_facets
from .keys import Keys
from .scripts import script
from .standing import indexes
from .workflows import sets_of_workflows

#: In place of a request's id: the member leaves the workflow, whose requests do not matter to it.
_LEFT: Final = "*"


def is_member(facets: Standing) -> bool:
    """Whether these are the facets of a workflow's member."""
    return isinstance(facets, Facets) and bool(facets.workflows)


def of_workflows(commit: Commit, keys: Keys, *, completes: bool) -> tuple[list[str], list[Any]]:
    """The keys and arguments of a commit's script that are about a member's workflows; none of a
    single task. `completes`: a workflow may have completed by it; on a cluster no partition has all
    members."""
    before, after = commit.before, commit.after
    if not (after.workflows or is_member(before)):
        return [], []
    grown = _shares(before, after)
    names = [name for one in grown for name in _about_one(one, keys, completes=completes)]
    known = dict(zip(after.workflows, commit.acts or ("",) * len(after.workflows), strict=True))
    about = [
        part
        for one, by in grown.items()
        for part in (one, by, keys.workflow_channel(one), known.get(one, _LEFT))
    ]
    return names, about


def _about_one(workflow_id: str, keys: Keys, *, completes: bool) -> tuple[str, ...]:
    """The keys of a workflow that a member's commit changes, and by which that of a member that has
    completed tells whether all have."""
    changed = keys.workflow(workflow_id), keys.planned(workflow_id)
    if not completes:
        return changed
    done = keys.members(workflow_id, TaskStatus.COMPLETED)
    told = keys.members(workflow_id), done, keys.publishers(workflow_id)
    return (*changed, *told, keys.workflow_names)


def begins_member(commit: Commit) -> bool:
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


def request_of_all(commits: Sequence[Commit], keys: Keys) -> Request:
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
    named = {"facets": keys.facets, "expiry": keys.expiry}
    named |= sets_of_workflows(keys)
    args = {
        "enters": len(enter),
        "number": len(after.workflows),
        "stands": write_facets(after),
        "publish": publish(keys),
        "most": MAX_DOCUMENT_BYTES,
        "share": after.share,
        "name": names[-1] if names else "",
        "expected": totals[-1] if totals else "",
    }
    tasks = (keys.task(commit.task_id) for commit in commits)
    more = (*about, *chain.from_iterable(each))
    return script("commit_members", named, args, (*enter, *hashes, *tasks), more)


def _shares(before: Standing, after: Facets) -> dict[str, int]:
    """What the share of each of a member's workflows grows by."""
    grown = dict.fromkeys(after.workflows, after.share)
    if isinstance(before, Facets):
        for workflow_id in before.workflows:
            grown[workflow_id] = grown.get(workflow_id, 0) - before.share
    return grown
