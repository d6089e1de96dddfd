"""The verdict on a canvas can fail."""

from dataclasses import replace
from typing import Any

import pytest

from progress_backend.record.workflow import WorkflowCounts
from tests.canvases.verdict import Case, backwards, faults, unsent


def one(status: str = "completed", **about: Any) -> dict[str, Any]:
    about = {"error_cause": None, "parent_id": None, "worker": None, **about}
    return {"task_type": "works", "status": status, **about}


FINE = Case(
    "w",
    WorkflowCounts((0, 0, 0, 2, 1, 0), share=3_000),
    {"a": one(), "b": one(), "c": one("error", error_cause="upstream")},
    {"a": "SUCCESS", "b": "SUCCESS", "c": "PENDING"},
    ["a", "b"],
)


def test_what_agrees_is_right() -> None:
    assert not list(faults(FINE))
    stored = replace(FINE, states={**FINE.states, "c": "FAILURE"})
    assert not list(faults(stored))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"figures": WorkflowCounts((0, 0, 0, 0, 0, 0)), "members": {}, "ran": ()}, "no workflow"),
        ({"figures": WorkflowCounts((0, 0, 0, 3, 0, 0))}, "the figures say"),
        ({"figures": WorkflowCounts((1, 0, 0, 1, 1, 0), planned=1)}, "planned members"),
        ({"figures": WorkflowCounts((0, 0, 1, 1, 1, 0))}, "it is open"),
        ({"figures": WorkflowCounts((0, 0, 0, 2, 1, 0), publishers=1)}, "it is open"),
        ({"ran": ["a", "d"]}, "d has run"),
        ({"states": {**FINE.states, "a": "FAILURE"}}, "a is FAILURE"),
        ({"states": {**FINE.states, "a": "PENDING"}}, "a is PENDING"),
        ({"states": {**FINE.states, "c": "SUCCESS"}}, "c is SUCCESS"),
        ({"members": {**FINE.members, "c": one("error", error_cause="exception")}}, "c is PENDING"),
        ({"members": {**FINE.members, "c": one("cancelled")}}, "the figures say"),
    ],
)
def test_each_disagreement_is_reported(change: dict[str, Any], fault: str) -> None:
    found = list(faults(replace(FINE, **change)))
    assert any(fault in what for what in found), found


def test_what_a_dead_worker_has_taken_waits() -> None:
    """Of a retry's message Celery knows as little; the messages of a group are one publish."""
    sent = one("created", parent_id="x")
    members = {"a": one("running"), "b": sent, "c": sent}
    figures = WorkflowCounts((2, 1, 0, 0, 0, 0))
    case = Case("w", figures, members, {"a": "RETRY", "b": "PENDING", "c": "PENDING"}, (), True)
    assert (list(faults(case)), unsent(case)) == ([], 2)
    assert list(faults(replace(case, worker_died=False)))


def test_a_percentage_falls_with_new_members_alone() -> None:
    assert not backwards([(0, 3), (33.3, 3), (20, 5), (100, 5), (99.9, 5), (100, 5)])
    assert backwards([(33.3, 3), (33.2, 3)])
    assert backwards([(100, 3), (66.6, 3)])
