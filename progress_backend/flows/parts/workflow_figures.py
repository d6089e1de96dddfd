"""Changes the figures of a member's workflows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ...operations.commit import Given, Part
from ...operations.index_entry import Facets
from ...operations.keys import Keys
from ...operations.workflows import sets_of_workflows
from ...record.events import Created, Event
from ..stored_record import milliseconds
from .change import Change, CommitPart, of_a_member


def parts(change: Change) -> Iterator[Part]:
    """What a member's commit changes in each of its workflows, and in those that it leaves."""
    grown = dict.fromkeys(change.facets_after.workflows, change.facets_after.share)
    if isinstance(change.facets_before, Facets):
        for workflow_id in change.facets_before.workflows:
            grown[workflow_id] = grown.get(workflow_id, 0) - change.facets_before.share
    if not grown:
        return
    name, expected = names(change.steps[0][1])
    if change.before is change.after and name == expected == "":
        return
    about = {
        "number": len(change.facets_after.workflows),
        "started": _ms(change.after.started_at),
        "completed": _ms(change.after.completed_at),
        "name": name,
        "expected": expected,
    }

    def given(keys: Keys) -> Given:
        hashes = [name for one in grown for name in (keys.workflow(one), keys.planned(one))]
        more = [part for one, by in grown.items() for part in (one, by, keys.workflow_channel(one))]
        return Given(sets_of_workflows(keys), about, hashes, more)

    shared = about["started"] == about["completed"] == ""
    yield Part("workflow_figures", given, (grown, about) if shared else None)


def names(first: Event) -> tuple[str, int | str]:
    """The name of the innermost workflow, and its expected number of members, from a publish, also
    one that is recorded after its run's start. "" leaves the stored one as it is."""
    if not isinstance(first, Created):
        return "", ""
    return first.workflow_name or "", first.workflow_total or ""


def _ms(time: datetime | None) -> int | str:
    return "" if time is None else milliseconds(time)


WORKFLOW_FIGURES = CommitPart(parts, when=of_a_member)
