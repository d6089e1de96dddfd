from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.errors import InvalidEvent
from progress_backend.record import caller_events
from progress_backend.record import events as ev
from progress_backend.record.model import STATUSES, Task
from progress_backend.record.transition import transition
from tests.strategies import NOW


def recorded(*events: ev.Event, task: Task | None = None) -> Task:
    for event in events:
        task = transition(task, event, NOW, task_id="t")
    assert task is not None
    return task


CREATED = recorded(caller_events.creation("fetch_data", 252, "7203.T", {"period": "1y"}))
PAUSED = recorded(*caller_events.update("paused", current_items=5), task=CREATED)


def test_a_creation_carries_what_was_asked_for() -> None:
    assert (CREATED.task_type, CREATED.total_items, CREATED.symbol, CREATED.metadata) == (
        "fetch_data",
        252,
        "7203.T",
        {"period": "1y"},
    )
    assert recorded(caller_events.creation("x", None)).total_items is None


@pytest.mark.parametrize(
    ("values", "named"),
    [
        *(((name, 1), "task_type") for name in ("", None, "x" * 256, "\ud800")),
        *((("x", total), "total_items") for total in (-1, 2**53, True, 1.5, "5")),
        (("x", 1, 7203), "symbol"),
        (("x", 1, "7203\udfff"), "symbol"),
        (("x", 1, None, ["a"]), "metadata"),
    ],
)
def test_a_creation_that_cannot_be_recorded_is_refused_by_name(values, named) -> None:
    with pytest.raises(InvalidEvent, match=rf"^{named} "):
        caller_events.creation(*values)


@pytest.mark.parametrize("start", [CREATED, PAUSED], ids=["created", "paused"])
@pytest.mark.parametrize("status", caller_events.UPDATABLE)
def test_an_update_leads_to_the_status_asked_for(start, status) -> None:
    events = caller_events.update(
        status, current_items=150, total_items=300, message="m", results={"r": 1}, details={"d": 1}
    )
    task = recorded(*events, task=start)
    assert task.status == status
    assert task.progress == (150, 300, 100 if status == "completed" else 50)
    assert (task.message, task.results, task.processing_details) == ("m", {"r": 1}, {"d": 1})
    if status == "running":
        assert task.started_at == NOW
    if start is PAUSED:  # figures that are not given stay
        assert recorded(*caller_events.update(status), task=start).current_items == 5


@pytest.mark.parametrize("status", caller_events.UPDATABLE)
def test_what_goes_with_one_status_alone(status) -> None:
    if status != "error":
        error = f"error_message needs status error, not {status}"
        with pytest.raises(InvalidEvent, match=error):
            caller_events.update(status, error_message="why")
        caller_events.update(status, error_message="")  # says nothing
    if status != "paused":
        for values in ({"reason": "x"}, {"by": "me"}):
            with pytest.raises(InvalidEvent, match=f"needs status paused, not {status}"):
                caller_events.update(status, **values)
        return
    control = recorded(
        *caller_events.update(status, reason="closed", by="me"), task=CREATED
    ).control
    assert (control["action"], control["by"], control["reason"]) == ("pause", "me", "closed")


@pytest.mark.parametrize(
    ("given", "error_message", "message"),
    [
        ({}, "エラーが発生しました", "エラーが発生しました"),
        ({"message": "m"}, "m", "m"),
        ({"error_message": "e"}, "e", "エラーが発生しました"),
        ({"error_message": "e", "message": "m"}, "e", "m"),
    ],
)
def test_an_error_always_says_why(given, error_message, message) -> None:
    task = recorded(*caller_events.update("error", **given), task=CREATED)
    assert (task.error_message, task.message) == (error_message, message)
    assert task.error_cause == "reported"
    own = task.error_message in given.values()
    assert task.error_code["code"] == ("given" if own else "failed"), "no exception's"


def test_a_completion_without_a_message_takes_the_default() -> None:
    assert recorded(*caller_events.update("completed"), task=CREATED).message == "完了しました"
    english = caller_events.update("error", locale="en")
    assert recorded(*english, task=CREATED).error_message == "An error occurred"


@pytest.mark.parametrize(
    "status", sorted({*STATUSES, "", "done", None} - {*caller_events.UPDATABLE}, key=str)
)
def test_other_statuses_cannot_be_asked_for(status) -> None:
    error = "status must be one of running, completed, error, paused"
    with pytest.raises(InvalidEvent, match=error) as refused:
        caller_events.update(status)
    assert ("use cancel" in str(refused.value)) == (status == "cancelled")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"current_items": -1}, "current_items"),
        ({"current_items": False}, "current_items"),
        ({"total_items": -1}, "total_items"),
        ({"total_items": "5"}, "total_items"),
        ({"message": 5}, "message"),
        ({"message": "x" * 10_001}, "message"),
        ({"error_message": b"x"}, "error_message"),
        ({"results": [1]}, "results"),
        ({"details": "x"}, "details"),
    ],
)
def test_an_update_that_cannot_be_recorded_is_refused_by_name(values, named) -> None:
    with pytest.raises(InvalidEvent, match=rf"^{named} "):
        caller_events.update("running", **values)


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


@given(anything, anything, anything, anything)
def test_nothing_but_a_clear_error_comes_of_bad_input(status, items, text, mapping) -> None:
    with suppress(InvalidEvent):
        caller_events.update(status, current_items=items, message=text, results=mapping)
    with suppress(InvalidEvent):
        caller_events.update("paused", reason=text, by=mapping)
    with suppress(InvalidEvent):
        caller_events.creation(status, items, text, mapping)
