"""Cancelling, pausing and resuming real jobs, wherever they are."""

from __future__ import annotations

from typing import Any

import pytest
from celery import chord
from celery.exceptions import ChordError, TaskRevokedError

from progress_backend import TaskAlreadyFinished
from tests.integration.conftest import pools
from tests.integration.control import Control
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

pytestmark = pytest.mark.integration

SAYING = ("updating", "advancing", "tracking", "setting_state")


@pytest.fixture(scope="module", params=pools("threads", "gevent"))
def pool(request: pytest.FixtureRequest) -> str:
    pool: str = request.param
    return pool


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
    return heeded(world, task_id)


def heeded(world: World, task_id: str) -> dict[str, Any]:
    """Waits until the record says that its run does what was asked of it."""
    eventually(lambda: world.record(task_id)["control"]["heeded_at"], TIMEOUT_S, what="heeded")
    return world.record(task_id)


@pytest.mark.parametrize("name", SAYING)
def test_a_running_job_ends_at_the_next_thing_it_says(
    world: World, service: Control, name: str
) -> None:
    task_id = started(world, name)
    before = world.record(task_id)
    assert service.cancel(task_id)["status"] == "cancelled"
    record = revoked(world, task_id)
    assert len(world.gate.pids(task_id, "finally")) == 1
    assert record["control"]["heeded_at"] >= record["control"]["at"]
    assert record["updated_at"] == record["end_time"], "the end stays its last change"
    assert record["progress"]["current"] >= before["progress"]["current"]
    assert record["progress"]["total"] == before["progress"]["total"]
    with pytest.raises(TaskRevokedError):
        world.app.AsyncResult(task_id).get(timeout=TIMEOUT_S)
    with pytest.raises(TaskAlreadyFinished):
        service.cancel(task_id)


def test_a_job_that_swallows_it_hears_it_each_time(world: World, service: Control) -> None:
    task_id = started(world, "swallowing")
    service.cancel(task_id)
    revoked(world, task_id)
    assert len(world.gate.pids(task_id, "swallowed")) == 3


def test_autoretry_does_not_run_a_cancelled_job_again(world: World, service: Control) -> None:
    task_id = started(world, "autoretrying")
    service.cancel(task_id)
    assert revoked(world, task_id)["attempt"] == 1


def test_a_job_that_never_asks_runs_on_and_stays_cancelled(world: World, service: Control) -> None:
    task_id = started(world, "deaf")
    service.cancel(task_id)
    assert world.record(task_id)["control"]["heeded_at"] is None
    world.gate.mark(task_id, "enough")
    eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
    record = heeded(world, task_id)  # it is over, by its own end
    assert (record["status"], record["results"]) == ("cancelled", {})


def test_a_queued_job_never_begins(world: World, service: Control) -> None:
    task_id = str(world.app.tasks["updating"].apply_async(queue="parked").id)
    record = service.cancel(task_id)
    assert record["status"] == "cancelled"
    assert record["control"]["heeded_at"] == record["control"]["at"], "nobody has to hear of it"
    world.app.control.add_consumer("parked", reply=True, timeout=TIMEOUT_S, limit=1)
    revoked(world, task_id)
    assert world.gate.pids(task_id, "began") == []


def test_a_job_that_waits_for_its_eta_never_begins(world: World, service: Control) -> None:
    task_id = str(world.app.tasks["updating"].apply_async(countdown=1.5).id)
    eventually(lambda: world.scheduled(task_id))
    service.cancel(task_id)
    revoked(world, task_id)
    assert world.gate.pids(task_id, "began") == []


def test_a_job_that_waits_for_its_retry_does_not_run_again(world: World, service: Control) -> None:
    task_id = str(world.app.tasks["retrying"].delay().id)
    world.until(task_id, current_status="2 秒後に 2/10 回目の試行: ValueError: busy")
    service.cancel(task_id)
    revoked(world, task_id)
    assert len(world.gate.pids(task_id, "began")) == 1


@pytest.mark.parametrize("name", SAYING)
def test_a_paused_job_waits_and_goes_on(world: World, service: Control, name: str) -> None:
    task_id = started(world, name)
    asked = service.pause(task_id)
    assert (asked["status"], asked["control"]["heeded_at"]) == ("paused", None)
    heeded(world, task_id)
    held = holds_still(world, task_id)
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


def test_each_pause_is_heeded(world: World, service: Control) -> None:
    """Also where it is resumed and paused again before the run has looked."""
    task_id = started(world, "updating")
    for _ in range(2):
        service.pause(task_id)
        heeded(world, task_id)
        service.resume(task_id)
    world.gate.mark(task_id, "enough")
    assert world.ended(task_id)["status"] == "completed"


def test_a_run_that_is_terminated_has_heeded_its_cancel(
    world: World, service: Control, pool: str
) -> None:
    if pool != "prefork":
        pytest.skip("only a pool of processes is ended by a signal")
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


def test_a_paused_job_can_be_cancelled(world: World, service: Control) -> None:
    task_id = started(world, "updating")
    service.pause(task_id)
    holds_still(world, task_id)
    service.cancel(task_id)
    revoked(world, task_id)
    assert len(world.gate.pids(task_id, "finally")) == 1


def test_a_job_paused_in_the_queue_waits_before_its_first_line(
    world: World, service: Control
) -> None:
    task_id = str(world.app.tasks["updating"].apply_async(queue="parked_too").id)
    service.pause(task_id)
    world.app.control.add_consumer("parked_too", reply=True, timeout=TIMEOUT_S, limit=1)
    record = world.until(task_id, status="paused", attempt=1)
    assert record["worker"]["name"] == world.worker_name
    assert world.gate.pids(task_id, "began") == []
    service.resume(task_id)
    world.begun(task_id)
    world.until(task_id, status="running")
    world.gate.mark(task_id, "enough")
    assert world.ended(task_id)["status"] == "completed"


def test_a_chord_ends_when_one_of_its_header_is_cancelled(world: World, service: Control) -> None:
    tasks = world.app.tasks
    body = chord([tasks["updating"].si(), tasks["fetch"].si("a")], tasks["fetch"].si("sum"))
    result = body.apply_async()
    member = result.parent[0].id
    world.begun(member)
    service.cancel(member)
    # The header's end is the first that is asked for; the body's may be stored by then.
    with pytest.raises((TaskRevokedError, ChordError)):
        result.get(timeout=TIMEOUT_S)
    eventually(lambda: world.result(result.id)["status"] == "FAILURE", TIMEOUT_S)
    assert isinstance(world.result(result.id)["result"], ChordError)
    assert world.record(member)["status"] == "cancelled"
