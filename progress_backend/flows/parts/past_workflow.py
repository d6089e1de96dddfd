"""Stores how long a workflow took, with the last ones of its name, once all of its members have
completed."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.commit import Given, Part
from ...operations.keys import Keys
from ...record.model import TaskStatus
from .change import Change, CommitPart, of_a_member
from .workflow_figures import names


def parts(change: Change) -> Iterator[Part]:
    """The workflows that may have completed by this member's commit."""
    workflows = change.facets_after.workflows
    changed = change.before is not change.after or any(names(change.steps[0][1]))
    if not (workflows and change.after.status == TaskStatus.COMPLETED and changed):
        return

    def given(keys: Keys) -> Given:
        sets = [
            name
            for one in workflows
            for name in (
                keys.workflow(one),
                keys.members(one),
                keys.members(one, TaskStatus.COMPLETED),
                keys.publishers(one),
            )
        ]
        about = {"past": keys.past_workflows("")}
        return Given({"names": keys.workflow_names}, about, sets, workflows)

    yield Part("past_workflow", given)


PAST_WORKFLOW = CommitPart(parts, when=of_a_member)
