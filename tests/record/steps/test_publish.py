"""What a publish writes into a record, besides the status."""

from __future__ import annotations

from progress_backend.record import events as ev
from progress_backend.record.model import Task
from tests.record.steps.given import IDENTITY, after
from tests.strategies import NOW


def test_created_takes_the_identity() -> None:
    task = after(None, ev.Created(identity=IDENTITY))
    assert task == Task(
        "t",
        "fetch_data",
        10,
        "7203.T",
        {"period": "1y"},
        created_at=NOW,
        updated_at=NOW,
        parent_id="parent",
        root_id="root",
        group_id="group",
    )


def test_created_keeps_no_hold_on_the_callers_metadata() -> None:
    metadata = {"a": 1}
    task = after(None, ev.Created(identity=IDENTITY._replace(metadata=metadata)))
    metadata["a"] = 2
    assert task.metadata == {"a": 1}


def test_names_are_made_fit_for_keys() -> None:
    task = after(None, ev.Created(identity=ev.Identity(task_type="a\ud800", symbol="\udfffb")))
    assert (task.task_type, task.symbol) == ("a?", "?b")
