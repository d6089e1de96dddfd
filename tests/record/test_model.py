from __future__ import annotations

from datetime import datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record.model import ENDED, STATUSES, Progress, Task, TaskStatus

TOKYO = timezone(timedelta(hours=9))


def test_the_specifications_statuses() -> None:
    assert STATUSES == ("created", "running", "paused", "completed", "error", "cancelled")
    assert {"completed", "error", "cancelled"} == ENDED
    assert TaskStatus.CREATED == "created"


def test_the_specifications_constructor_and_dictionary() -> None:
    task = Task("f47ac10b", "fetch_data", 252, "7203.T", {"period": "1y"})
    assert task.to_dict() == {
        "task_id": "f47ac10b",
        "task_type": "fetch_data",
        "symbol": "7203.T",
        "status": "created",
        "progress": {"current": 0, "total": 252, "percentage": 0},
        "current_status": "",
        "start_time": None,
        "updated_at": None,
        "end_time": None,
        "processing_time_ms": None,
        "results": {},
        "processing_details": {},
        "error_message": None,
        "metadata": {"period": "1y"},
    }


def test_the_specifications_completed_body() -> None:
    start = datetime(2024, 1, 15, 10, 30, tzinfo=TOKYO)
    task = Task(
        "t",
        "fetch_data",
        252,
        current_items=252,
        status="completed",
        started_at=start,
        updated_at=start + timedelta(seconds=45),
        completed_at=start + timedelta(seconds=45),
    )
    body = task.to_dict()
    assert body["progress"] == {"current": 252, "total": 252, "percentage": 100}
    assert body["start_time"] == "2024-01-15T10:30:00.000+09:00"
    assert body["end_time"] == "2024-01-15T10:30:45.000+09:00"
    assert body["processing_time_ms"] == 45_000


def test_metadata_may_be_none_as_in_the_specification() -> None:
    # As the specification calls it.
    assert Task("t", "x", 1, None, None).metadata == {}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("current", "total", "percentage"),
    [
        (150, 252, 59.5),
        (0, 252, 0),
        (252, 252, 100),
        (251_999, 252_000, 99.9),
        (300, 252, 100),
        (5, 0, 0),
        (5, None, 0),
        (5, -1, 0),
        (-5, 10, 0),
    ],
)
def test_percentage(current, total, percentage) -> None:
    assert Progress.of(current, total) == (current, total, percentage)


@given(st.integers(0, 2**53), st.integers(1, 2**53))
def test_percentage_is_rounded_down_to_one_decimal(current, total) -> None:
    percentage = Progress.of(current, total).percentage
    assert 0 <= percentage <= 100
    tenths = round(percentage * 10)
    assert percentage == tenths / 10
    exact = Fraction(min(current, total), total) * 1000
    assert tenths <= exact < tenths + 1


def test_completed_is_all_of_it() -> None:
    assert Progress.of(0, 0, completed=True).percentage == 100
    assert Progress.of(252, 252, completed=True) == (252, 252, 100)


def test_completed_is_all_that_there_was_to_do() -> None:
    assert Progress.of(100, 252, completed=True) == (100, 252, 100)
    assert Progress.of(300, 252, completed=True) == (300, 252, 100)


def test_time_runs_to_the_last_update_while_running() -> None:
    start = datetime(2024, 1, 15, 10, 30, tzinfo=TOKYO)
    task = Task("t", "x", started_at=start, updated_at=start + timedelta(seconds=2))
    assert task.processing_time_ms == 2_000
    assert Task("t", "x", updated_at=start).processing_time_ms is None
    assert Task("t", "x", started_at=start).processing_time_ms is None
