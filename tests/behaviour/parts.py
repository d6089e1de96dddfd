"""Commits with parts, one of each, which writes all that it may write."""

from __future__ import annotations

from progress_backend.flows.parts import (
    past_run,
    past_workflow,
    time_totals,
    timeline_entry,
    webhook_event,
    workflow_figures,
)
from progress_backend.operations import webhooks
from progress_backend.operations.commit import Commit, Committed
from progress_backend.operations.commits import CommitCall
from progress_backend.operations.index_entry import Facets
from progress_backend.operations.part import Part
from tests.behaviour.driving import Driver

_FIGURES = {"number": 1, "started": 5, "completed": 7, "name": "n", "expected": 1}
#: In the order in which they run.
EACH = {
    part.lua: part
    for part in (
        Part("past_run", past_run.given, ("fetch_data", "[1,2,3,null]")),
        Part("time_totals", time_totals.given, ("fetch_data", (("run", 5), ("wait", 5)))),
        Part("workflow_figures", workflow_figures.given, ({"w": 1_000}, _FIGURES)),
        Part("past_workflow", past_workflow.given, (("w",),)),
        Part("ended_workflow", webhook_event.given, (("w",),)),
        Part("webhook_event", webhooks.stored, ([webhooks.Notice("ops", "id", b"{}")],)),
        Part("timeline_entry", timeline_entry.given, ("t", [b"{}"])),
    )
}


def commit(driver: Driver, *parts: str) -> Committed:
    """Commits the end of a workflow's member with these parts."""
    ended = Facets("completed", "fetch_data", workflows=("w",))
    given = tuple(EACH[part] for part in parts)
    it = Commit("t", "", b"{}", None, ended, 10**6, 2**50, fresh=True, end_ms=7, parts=given)
    return driver.execute(CommitCall(it))
