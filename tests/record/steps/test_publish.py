"""What a publish writes into a record, besides the status."""

from progress_backend.record import events as ev
from tests.record.steps.given import IDENTITY, after


def test_created_keeps_no_hold_on_the_callers_metadata() -> None:
    metadata = {"a": 1}
    task = after(None, ev.Created(identity=IDENTITY._replace(metadata=metadata)))
    metadata["a"] = 2
    assert task.metadata == {"a": 1}


def test_names_are_made_fit_for_keys() -> None:
    task = after(None, ev.Created(identity=ev.Identity(task_type="a\ud800", symbol="\udfffb")))
    assert (task.task_type, task.symbol) == ("a?", "?b")
