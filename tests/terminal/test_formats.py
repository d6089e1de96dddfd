"""The time left as text: never closer than the range that it shows, and never none of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from progress_backend.record.default_texts import LOCALES
from progress_backend.record.fields import Estimate, StartEstimate
from progress_backend.record.model import Task
from progress_backend.terminal.formats import done_by, remaining, starting
from progress_backend.terminal.rows import RecordRow, View
from progress_backend.terminal.screen import COLUMNS
from tests.strategies import tasks
from tests.terminal.rows import row_of

NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
TEN_S = (NOW + timedelta(seconds=10)).isoformat()
HALFWAY = row_of(Task("t", "fetch_data", status="running"), estimated_completion=TEN_S)


def within(least: float, most: float, seconds: float = 10.0) -> RecordRow:
    """A task with so many seconds left, at the least and at the most."""
    ends = {"earliest": least, "likely": seconds, "latest": most}
    times = {name: (NOW + timedelta(seconds=s)).isoformat() for name, s in ends.items()}
    return replace(HALFWAY, estimate=Estimate(**times, runs=4))


@pytest.mark.parametrize(
    ("seconds", "least", "most", "english", "japanese"),
    [
        (10, 8, 13, "8–13s", "8–13秒"),
        (30, 21, 41, "20–45s", "20–45秒"),
        (140, 130, 170, "2–3m", "2–3分"),
        (125, 121, 180, "2–3m", "2–3分"),
        (125, 120, 120.5, "2–3m", "2–3分"),
        (100, 45, 110, "≤2m", "≤2分"),
        (9_000, 7_200, 9_000, "2–3h", "2–3h"),
        (260_000, 180_000, 340_000, "2–4d", "2–4日"),
    ],
)
def test_a_range_is_written_in_its_own_unit(seconds, least, most, english, japanese) -> None:
    task = within(least, most, seconds)
    assert remaining(task, NOW, "en") == english
    assert remaining(task, NOW, "ja") == japanese


def test_a_range_that_is_too_wide_is_written_up_to_its_end() -> None:
    task = within(60, 870)
    task.estimate.earliest = None
    assert remaining(task, NOW, "en") == "≤15m"
    assert remaining(task, NOW, "ja") == "≤15分"
    assert remaining(task, NOW + timedelta(seconds=871), "en") == "longer"


def test_without_past_runs_the_likely_end_is_a_countdown() -> None:
    assert remaining(HALFWAY, NOW, "en") == "0:10"
    unknown = replace(HALFWAY, estimated_completion=None, start_time=NOW.isoformat())
    assert remaining(unknown, NOW + timedelta(seconds=10), "en") == "–"
    assert remaining(unknown, NOW + timedelta(seconds=11), "en") == "can't estimate"
    assert remaining(HALFWAY, NOW + timedelta(seconds=4), "ja") == "0:06"
    assert remaining(HALFWAY, NOW + timedelta(seconds=9), "en") == "0:01"
    assert remaining(HALFWAY, NOW + timedelta(seconds=10), "en") == "–", "past it none is known"


def test_the_open_tasks_are_done_between_two_times() -> None:
    end = {"earliest": TEN_S, "latest": (NOW + timedelta(days=1)).isoformat()}
    its = {"tasks": 1_312, "estimated": 1_312, "estimate": end}
    view = View(counts={"running": 1}, at=NOW, workers={"open": [its]})
    says = "These 1,312 open tasks will be done between 10:30 and 01-16 10:30"
    assert done_by(view, "en") == says
    its["estimated"], end["earliest"] = 12, None
    assert done_by(view, "en") == "12 of 1,312 open tasks will be done by 01-16 10:30"
    its["tasks"] = its["estimated"] = 1
    assert done_by(view, "en").startswith("The open task will")


def test_past_the_latest_end_it_takes_longer_than_usual() -> None:
    task = within(8, 13)
    for after, expected in ((12.9, "≤1s"), (13.0, "longer"), (99, "longer")):
        assert remaining(task, NOW + timedelta(seconds=after), "en") == expected
    assert remaining(task, NOW + timedelta(seconds=99), "ja") == "超過"


@given(tasks(), st.floats(-1e6, 1e9))
def test_its_column_takes_it_and_no_range_ends_in_nothing(task: Task, after: float) -> None:
    width = COLUMNS["eta"].cells
    now = (task.updated_at or NOW) + timedelta(seconds=after)
    if (row := row_of(task)).estimate is None:
        return
    for locale in LOCALES:
        assert cell_len(remaining(row, now, locale)) <= width
        assert not remaining(row, now, locale).startswith("≤0")


@pytest.mark.parametrize(
    ("ahead", "least", "most", "english", "japanese"),
    [
        (None, None, None, "", ""),
        (0, None, None, "first of its type", "同じ種別で先頭"),
        (12, None, None, "about 12 of its type ahead", "同じ種別で 12 件待ち"),
        (12, 125, 290, "in 2–5m, about 12 of its type ahead", "あと 2–5分、同じ種別で 12 件待ち"),
        (0, -5, 8, "in ≤8s, first of its type", "あと ≤8秒、同じ種別で先頭"),
        (0, -20, -5, "first of its type", "同じ種別で先頭"),
    ],
)
def test_a_waiting_tasks_start_is_written(ahead, least, most, english, japanese) -> None:
    first, last = ((NOW + timedelta(seconds=s or 0)).isoformat() for s in (least, most))
    start = most and StartEstimate(earliest=first, likely=first, latest=last, runs=4)
    waits = replace(HALFWAY, ahead=ahead, start_estimate=start)
    assert starting(waits, NOW, "en") == english
    assert starting(waits, NOW, "ja") == japanese


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_cancel_that_its_run_has_to_confirm_is_final_unless_that_is_waited_for(
    acknowledged: bool,
) -> None:
    control = {
        "action": "cancel",
        "acknowledged_at": "2024-01-15T10:30:00Z" if acknowledged else None,
    }
    cancelled = row_of(Task("t", "x", status="cancelled", control=control))
    assert cancelled.is_over()
    assert cancelled.is_over(confirmed=True) is acknowledged
    assert not replace(cancelled, final=False).is_over(confirmed=True)
