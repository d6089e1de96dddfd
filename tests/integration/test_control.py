"""Cancelling, pausing and resuming real jobs, wherever they are."""

from typing import Any

import pytest
from celery.exceptions import TaskRevokedError

from progress_backend import TaskAlreadyFinished
from tests.integration.control import Control
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

REPORTING = ("updating", "tracking", "setting_state")


@pytest.fixture(scope="module")
def service(url: str) -> Control:
    return Control(url)


def started(world: World, name: str, **how: Any) -> str:
    """A job that is on its way, its figures recorded."""
    task_id = str(world.app.tasks[name].apply_async(**how).id)
    world.begun(task_id)

    def moved() -> bool:
        record = world.record(task_id)
        assert record["status"] == "running", record
        assert record["progress"]["total"], record
        return True

    eventually(moved, TIMEOUT_S)
    return task_id


def revoked(world: World, task_id: str) -> dict[str, Any]:
    """Waits for Celery's own end, and looks at the record then."""
    eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S, what="REVOKED")
    record = world.record(task_id)
    assert (record["status"], record["error_message"]) == ("cancelled", None)
    assert record["current_status"] == "タスクがキャンセルされました"
    assert record["control"]["by"] == "me"
    assert record["control"]["reason"] == "not needed"
    return acknowledged(world, task_id)


def acknowledged(world: World, task_id: str) -> dict[str, Any]:
    """Waits until the record says that its run does what was asked of it."""
    eventually(
        lambda: world.record(task_id)["control"]["acknowledged_at"], TIMEOUT_S, what="acknowledged"
    )
    return world.record(task_id)


@pytest.mark.parametrize("name", REPORTING)
def test_a_running_job_ends_at_the_next_thing_it_says(
    world: World, service: Control, name: str
) -> None:
    task_id = started(world, name)
    before = world.record(task_id)
    assert service.cancel(task_id)["status"] == "cancelled"
    record = revoked(world, task_id)
    assert len(world.gate.pids(task_id, "finally")) == 1
    assert record["control"]["acknowledged_at"] >= record["control"]["at"]
    assert record["updated_at"] == record["end_time"], "the end stays its last change"
    assert record["progress"]["current"] >= before["progress"]["current"]
    assert record["progress"]["total"] == before["progress"]["total"]
    with pytest.raises(TaskRevokedError):
        world.app.AsyncResult(task_id).get(timeout=TIMEOUT_S)
    with pytest.raises(TaskAlreadyFinished):
        service.cancel(task_id)


def test_a_job_that_never_asks_runs_on_and_stays_cancelled(world: World, service: Control) -> None:
    task_id = started(world, "deaf")
    service.cancel(task_id)
    assert world.record(task_id)["control"]["acknowledged_at"] is None
    world.gate.mark(task_id, "enough")
    eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
    record = acknowledged(world, task_id)  # it is over, by its own end
    assert (record["status"], record["results"]) == ("cancelled", {})


def test_a_callers_count_is_not_the_record_of_a_run_that_counts(
    world: World, service: Control
) -> None:
    task_id = started(world, "deaf")
    asked = service.count(task_id, 3, "looking")
    assert (asked["progress"]["current"], asked["current_status"]) == (1, "looking")
    assert service.cancel(task_id)["progress"]["current"] == 1
    world.gate.mark(task_id, "enough")
    acknowledged(world, task_id)


def test_a_paused_job_waits_and_goes_on(world: World, service: Control) -> None:
    task_id = started(world, "updating")
    asked = service.pause(task_id, "lunch")
    assert (asked["status"], asked["control"]["acknowledged_at"]) == ("paused", None)
    acknowledged(world, task_id)
    held = holds_still(world, task_id)
    assert world.record(task_id)["current_status"] == "lunch", "not the run's outstanding value's"
    assert service.resume(task_id)["status"] == "running"

    def moved() -> bool:
        record = world.record(task_id)
        assert record["progress"]["current"] > held, record
        return True

    eventually(moved, TIMEOUT_S)
    world.gate.mark(task_id, "enough")
    record = world.ended(task_id)
    assert (record["status"], record["results"]) == ("completed", {"result": "to the end"})
    assert record["attempt"] == 1


def test_a_run_that_is_terminated_has_acknowledged_its_cancel(
    world: World, service: Control
) -> None:
    task_id = started(world, "deaf")
    service.cancel(task_id)
    world.app.control.revoke(task_id, terminate=True)
    revoked(world, task_id)


def holds_still(world: World, task_id: str) -> int:
    """Waits until the job does: looks three times in which it would have gone on."""
    seen: list[int] = []

    def still() -> bool:
        marks = world.record(task_id)
        assert marks["status"] == "paused"
        seen.append(marks["progress"]["current"])
        return len(seen) > 30 and len(set(seen[-30:])) == 1

    eventually(still, TIMEOUT_S)
    return seen[-1]


def test_a_job_paused_in_the_queue_waits_before_its_first_line(
    world: World, service: Control
) -> None:
    task_id = str(world.app.tasks["updating"].apply_async(queue="parked_too").id)
    service.pause(task_id)
    world.receive("parked_too")
    assert world.until(task_id, status="paused", attempt=1)["worker"] == world.worker_name
    assert world.gate.pids(task_id, "began") == []
    service.resume(task_id)
    world.begun(task_id)
    world.until(task_id, status="running")
    world.gate.mark(task_id, "enough")
    assert world.ended(task_id)["status"] == "completed"
