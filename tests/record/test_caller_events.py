from __future__ import annotations

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
        (("", 1), "task_type"),
        ((None, 1), "task_type"),
        (("x" * 256, 1), "task_type"),
        (("\ud800", 1), "task_type"),
        (("x", -1), "total_items"),
        (("x", 2**53), "total_items"),
        (("x", True), "total_items"),
        (("x", 1.5), "total_items"),
        (("x", "5"), "total_items"),
        (("x", 1, ""), "symbol"),
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
        status, current_items=150, message="m", results={"r": 1}, details={"d": 1}
    )
    task = recorded(*events, task=start)
    assert task.status == status
    assert task.progress == (150, 252, 100 if status == "completed" else 59.5)
    assert (task.message, task.results, task.processing_details) == ("m", {"r": 1}, {"d": 1})


@pytest.mark.parametrize("status", caller_events.UPDATABLE)
def test_an_update_without_figures_leaves_them(status) -> None:
    task = recorded(*caller_events.update(status), task=PAUSED)
    assert task.status == status
    assert task.current_items == 5


def test_running_on_created_starts_it() -> None:
    assert recorded(*caller_events.update("running"), task=CREATED).started_at == NOW


def test_a_total_that_has_become_known() -> None:
    unknown = recorded(caller_events.creation("x", None))
    for status in caller_events.UPDATABLE:
        events = caller_events.update(status, current_items=100, total_items=252)
        assert recorded(*events, task=unknown).progress[:2] == (100, 252)


@pytest.mark.parametrize("status", sorted({*caller_events.UPDATABLE} - {"error"}))
def test_an_error_message_goes_with_an_error(status) -> None:
    with pytest.raises(InvalidEvent, match=f"error_message goes with status error, not {status}"):
        caller_events.update(status, error_message="why")
    caller_events.update(status, error_message="")  # says nothing


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


def test_a_completion_without_a_message_takes_the_default() -> None:
    assert recorded(*caller_events.update("completed"), task=CREATED).message == "完了しました"
    english = caller_events.update("error", locale="en")
    assert recorded(*english, task=CREATED).error_message == "An error occurred"


@pytest.mark.parametrize(
    "status", sorted({*STATUSES, "", "done", None} - {*caller_events.UPDATABLE}, key=str)
)
def test_other_statuses_cannot_be_asked_for(status) -> None:
    with pytest.raises(
        InvalidEvent, match="status must be one of running, completed, error, paused"
    ):
        caller_events.update(status)


def test_who_pauses_may_say_who_and_why() -> None:
    paused = caller_events.update("paused", reason="closed", by="me")
    control = recorded(*paused, task=CREATED).control
    assert control is not None
    assert (control["action"], control["by"], control["reason"]) == ("pause", "me", "closed")


@pytest.mark.parametrize("values", [{"reason": "x"}, {"by": "me"}])
def test_nobody_else_may(values) -> None:
    for status in {*caller_events.UPDATABLE} - {"paused"}:
        with pytest.raises(InvalidEvent, match=f"goes with status paused, not {status}"):
            caller_events.update(status, **values)


def test_who_wants_to_cancel_is_told_how() -> None:
    with pytest.raises(InvalidEvent, match="use cancel"):
        caller_events.update("cancelled")


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
