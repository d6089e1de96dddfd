"""Which changes of a record count as ends, waits and runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from progress_backend.flows.parts.change import Change
from progress_backend.flows.parts.outcomes import ends, times
from progress_backend.flows.stored_record import facets_of
from progress_backend.record import events as ev
from progress_backend.record.model import Task, TaskStatus, replace

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CREATED = Task(task_id="t", task_type="fetch_data", created_at=NOW, revision=1)
RUNNING = replace(
    CREATED,
    status=TaskStatus.RUNNING,
    started_at=NOW,
    attempt_started_at=NOW,
    waited_ms=2_000,
    attempt=1,
)
DONE = replace(RUNNING, status=TaskStatus.COMPLETED, completed_at=NOW + timedelta(seconds=20))
LOST = replace(DONE, status=TaskStatus.ERROR, error_cause="lost")
START, AGAIN = ev.Started(identity=ev.Identity("t")), replace(RUNNING, attempt=2)
WAIT = (("wait|10.0|", 1), ("wait|sum|", 2_000_000))
RUN = (("run|60.0|", 1), ("run|sum|", 20_000_000))


def change(before: Task | None, after: Task, event: ev.Event) -> Change:
    return Change(before, after, None, facets_of(after), ((before, event, after),), b"")


def counted(before: Task | None, after: Task) -> tuple[tuple[str, int], ...]:
    its = change(before, after, ev.Completed())
    return tuple(times(its, its.completes and not after.forced))


def test_a_wait_counts_once_with_the_first_start() -> None:
    assert counted(None, CREATED) == ()
    assert counted(CREATED, RUNNING) == WAIT
    assert counted(RUNNING, replace(RUNNING, current_items=3)) == ()
    assert counted(RUNNING, replace(RUNNING, attempt=2)) == ()
    # Both reached the store together.
    assert counted(CREATED, DONE) == (*WAIT, *RUN)


def test_a_run_counts_once_with_its_success() -> None:
    assert counted(RUNNING, DONE) == RUN
    assert counted(DONE, replace(DONE, results={"late": 1})) == ()
    assert counted(DONE, replace(DONE, attempt=2)) == RUN


@pytest.mark.parametrize(
    ("other", "us"),
    [
        ({"attempt_started_at": NOW + timedelta(seconds=19.5)}, 500_000),
        ({"completed_at": NOW - timedelta(seconds=5)}, 0),
        ({"completed_at": NOW + timedelta(days=900_000)}, 2**63 // 250_000),
        ({"status": TaskStatus.ERROR}, None),
        ({"status": TaskStatus.CANCELLED}, None),
        ({"control": {"action": "end", "by": "ops"}}, None),
        ({"started_at": None, "attempt_started_at": None}, None),
    ],
)
def test_which_runs_count_and_for_how_long(other: dict[str, Any], us: int | None) -> None:
    """No sum outgrows what Redis counts; ends by force and without a start count for nothing."""
    found = counted(RUNNING, replace(DONE, **other))
    assert len(found) == 2 * (us is not None)
    if us is not None:
        assert found[1][0] == "run|sum|"
        assert found[1][1] <= us
        assert found[1][1] == us or us > 2**40


@pytest.mark.parametrize(
    ("before", "event", "after", "names"),
    [
        (RUNNING, ev.Completed(), DONE, ["end|completed:|"]),
        (RUNNING, ev.Cancelled(), replace(DONE, status="cancelled"), ["end|cancelled:|"]),
        (RUNNING, ev.Failed(error_message=""), LOST, ["end|error:lost|"]),
        (LOST, ev.Completed(), DONE, ["end|completed:|", "corrected||"]),
        (LOST, ev.Progressed(), RUNNING, ["corrected||"]),
        (LOST, START, AGAIN, ["corrected||", "attempt||"]),
        (LOST, ev.Created(identity=ev.Identity("t")), CREATED, []),
        (DONE, ev.Planned(identity=ev.Identity("t")), CREATED, []),
        (DONE, ev.Completed(), replace(DONE, results={"a": 1}), []),
        (CREATED, START, RUNNING, []),
        (RUNNING, START, AGAIN, ["attempt||"]),
        (RUNNING, ev.Retried(retries=1), replace(RUNNING, retries=1), []),
    ],
)  # fmt: skip
def test_which_changes_are_ends(
    before: Task, event: ev.Event, after: Task, names: list[str]
) -> None:
    assert [*ends(change(before, after, event))] == [(name, 1) for name in names]
