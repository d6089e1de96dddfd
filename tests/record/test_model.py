from datetime import datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from progress_backend.record.model import ENDED, STATUSES, Task, TaskStatus

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
    # While it runs, its time goes to the last update; metadata may be None.
    runs = Task("t", "x", 1, None, None, started_at=start)  # type: ignore[arg-type]
    assert (runs.metadata, runs.processing_time_ms) == ({}, None)
    runs = replace(runs, updated_at=start + timedelta(seconds=2))
    assert runs.processing_time_ms == 2_000


@pytest.mark.parametrize(
    ("current", "total", "completed", "percentage"),
    [
        *((150, 252, False, 59.5), (0, 252, False, 0), (252, 252, False, 100)),
        *((251_999, 252_000, False, 99.9), (300, 252, False, 100)),
        *((5, total, False, 0) for total in (0, None, -1)),
        (-5, 10, False, 0),
        # A completed one is all of it, whatever was counted.
        *((current, 252, True, 100) for current in (0, 100, 252, 300)),
        (0, 0, True, 100),
    ],
)
def test_percentage(current, total, completed, percentage) -> None:
    status = "completed" if completed else "running"
    task = Task("t", "x", total, current_items=current, status=status)
    assert task.progress == (current, total, percentage)


@given(st.integers(0, 2**53), st.integers(1, 2**53))
def test_percentage_is_rounded_down_to_one_decimal(current, total) -> None:
    percentage = Task("t", "x", total, current_items=current).percentage
    assert 0 <= percentage <= 100
    tenths = round(percentage * 10)
    assert percentage == tenths / 10
    exact = Fraction(min(current, total), total) * 1000
    assert tenths <= exact < tenths + 1
