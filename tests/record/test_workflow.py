"""A workflow's status and percentage, from its counts alone."""

import heapq
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record.act import ACTIONS, Act
from progress_backend.record.model import STATUSES, Task, TaskStatus
from progress_backend.record.workflow import WHOLE, WorkflowCounts, share_of
from progress_backend.record.workflow_body import row


def figures(asked: str | None = None, **about: Any) -> WorkflowCounts:
    if asked is not None:
        about["act"] = Act.of("one", f'{{"action":"{asked}","by":null,"reason":null,"at_ms":1}}')
    counts = tuple(int(about.pop(status, 0)) for status in STATUSES)
    return WorkflowCounts(counts, **about)


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        ("created", figures(created=3, planned=3)),
        ("created", figures(publishers=1)),
        ("running", figures(created=3, running=1)),
        ("running", figures(created=3, completed=1)),
        ("running", figures(created=3, error=1)),
        ("running", figures(running=1, paused=1)),
        ("running", figures(running=1, asked="pause")),
        ("running", figures(completed=3, publishers=1)),
        ("paused", figures(paused=1, created=2, completed=1)),
        ("paused", figures(created=2, completed=1, asked="pause")),
        ("running", figures(running=1, asked="resume")),
        ("cancelled", figures(running=2, created=2, asked="cancel")),
        ("completed", figures(completed=3)),
        ("completed", figures(completed=3, asked="cancel")),
        ("cancelled", figures(completed=3, cancelled=1)),
        ("error", figures(completed=3, cancelled=1, error=1)),
        ("error", figures(error=1, asked="cancel")),
    ],
)
def test_the_table(status: str, seen: WorkflowCounts) -> None:
    assert seen.status == status


def test_the_percentage_is_that_of_the_members_that_are_expected_while_fewer_are_known() -> None:
    begun = figures(completed=2, created=2, share=2 * WHOLE, expected=10)
    assert (begun.percentage, begun.whole, begun.total) == (20, 10, 4)
    more = figures(completed=6, created=6, share=6 * WHOLE, expected=10)
    assert (more.percentage, more.whole) == (50, 12)
    ended = figures(completed=4, share=4 * WHOLE, expected=10)
    assert (ended.percentage, ended.status, ended.whole) == (100, "completed", 4)


def test_a_percentage_is_rounded_down_and_below_a_hundred_until_all_are_completed() -> None:
    nearly = figures(completed=9_999, running=1, share=9_999 * WHOLE + 999)
    assert (nearly.percentage, nearly.status) == (99.9, "running")
    assert figures(completed=3, publishers=1, share=3 * WHOLE).percentage == 99.9
    assert figures(completed=3, share=3 * WHOLE).percentage == 100
    assert figures(completed=1, created=2, share=WHOLE).percentage == 33.3
    assert figures(completed=1, error=1, share=WHOLE).percentage == 50
    assert figures(error=1, share=WHOLE - 1).percentage == 99.9
    assert figures(cancelled=4, share=WHOLE).percentage == 25
    assert figures(created=3, planned=3).percentage == 0


@given(
    st.builds(
        WorkflowCounts,
        st.tuples(*[st.integers(0, 5)] * 6),
        planned=st.integers(0, 5),
        publishers=st.integers(0, 2),
        expected=st.integers(0, 50),
        share=st.integers(-10, 40_000),
        act=st.sampled_from([None, *(Act.made(action, 1, None, None) for action in ACTIONS)]),
    )
)
def test_whatever_the_counts_are(seen: WorkflowCounts) -> None:
    assert seen.status in STATUSES
    assert 0 <= seen.percentage <= 100
    assert (seen.percentage == 100) == (seen.status == TaskStatus.COMPLETED)
    if seen.open and seen.requested != "cancel":
        assert seen.status in (TaskStatus.CREATED, TaskStatus.RUNNING, TaskStatus.PAUSED)
    if not seen.open:
        assert seen.status in (TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)


@given(
    st.integers(0, 10**9),
    st.none() | st.integers(1, 10**9),
    st.sampled_from(STATUSES),
    st.integers(0, WHOLE),
)
def test_a_share_never_falls(current: int, total: int | None, status: str, known: int) -> None:
    task = Task("t", "t", current_items=current, total_items=total, status=status)
    share = share_of(task, known)
    assert known <= share <= WHOLE
    assert (share == WHOLE) == (status == TaskStatus.COMPLETED or known == WHOLE)


STARTED_MS = 1_700_000_000_000


def ends_s(seconds: list[float], workers: int) -> list[float]:
    """When members of these durations end, after the first one's start."""
    free = [0.0] * workers
    ended = [heapq.heapreplace(free, free[0] + one) + one for one in seconds]
    return sorted(ended)


def shown(ended: int, after_s: float, **about: Any) -> Any:
    """The row of a workflow of which the last end so far came after this time."""
    changed = STARTED_MS + round(after_s * 1000)
    counts = figures(completed=ended, **{"share": ended * WHOLE} | about)
    counts = counts._replace(started_ms=STARTED_MS, changed_ms=changed)
    return row("w", counts, UTC, "en", datetime.now(UTC))


def left_s(time: str, after_s: float) -> float:
    return datetime.fromisoformat(time).timestamp() - STARTED_MS / 1000 - after_s


def test_equal_members_predict_the_workflows_end_by_its_own_pace() -> None:
    found = shown(190, 950, running=4, created=6)
    assert left_s(found.estimated_completion, 950) == pytest.approx(50)
    assert (found.estimate.runs, found.estimate.likely) == (190, found.estimated_completion)
    assert left_s(found.estimate.earliest, 950) < 50 < left_s(found.estimate.latest, 950)


@pytest.mark.parametrize(
    ("ended", "others"),
    [
        (9, {"running": 2}),  # too few
        (49, {"running": 151}),  # not a quarter
        (190, {"running": 9, "paused": 1}),
        (190, {"running": 9, "created": 1, "planned": 1}),  # another task follows the group
        (190, {"running": 10, "publishers": 1}),
        (190, {"running": 10, "expected": 1_000}),
    ],
)
def test_no_pace_is_shown_where_it_does_not_hold(ended: int, others: dict[str, int]) -> None:
    assert shown(ended, 950, **others).estimated_completion is None


@pytest.mark.parametrize("workers", [1, 4])
def test_three_of_four_ends_are_in_the_range_of_their_own_pace(workers: int) -> None:
    draw, held, asked = Random(7), 0, 0
    for _ in range(60):
        count = draw.randrange(40, 300)
        ends = ends_s([draw.lognormvariate(1, 0.8) for _ in range(count)], workers)
        for ended in (count // 4 + 1, count // 2, count * 95 // 100):
            open_now = min(workers, count - ended)
            after = ends[ended - 1]
            found = shown(ended, after, running=open_now, created=count - ended - open_now)
            span, rest = found.estimate, ends[-1] - after
            least = left_s(span.earliest, after) if span.earliest else 0
            held += least <= rest <= left_s(span.latest, after)
            asked += 1
    assert held >= 0.75 * asked
