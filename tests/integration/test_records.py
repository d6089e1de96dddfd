"""What a real worker's tasks leave in their records."""

from typing import Any

import pytest

from tests.integration.control import Control
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually


def ran(world: World, name: str, *args: Any, **how: Any) -> dict[str, Any]:
    """The record of a task that has ended."""
    task_id = str(world.app.tasks[name].apply_async(args, **how).id)
    world.go(task_id)
    return world.ended(task_id)


def test_everything_that_the_notifier_says_is_recorded(world: World) -> None:
    task_id = str(world.app.tasks["says_all"].delay().id)
    record = world.until(task_id, current_status="half way")
    assert record["status"] == "running"
    assert record["progress"] == {"current": 150, "total": 252, "percentage": 59.5}
    assert record["processing_details"]["page"] == 3
    assert record["worker"] == "prefork@tests"
    assert eventually(lambda: world.result(task_id)["status"] == "PROGRESS")
    meta = world.result(task_id)["result"]
    assert (meta["current"], meta["total"], meta["percent"]) == (150, 252, 59.5)
    assert meta["description"] == meta["message"] == "half way"

    world.gate.mark(task_id, "phase")
    record = world.until(task_id, current_status="処理中... (151/252)")
    assert record["processing_details"]["phase"] == "saving"
    assert record["processing_details"]["page"] == 3

    world.go(task_id)
    record = world.ended(task_id)
    assert (record["status"], record["current_status"]) == ("completed", "all of it")
    assert record["progress"] == {"current": 151, "total": 252, "percentage": 100}
    assert record["results"] == {"records_saved": 252, "success_rate": 100}
    assert record["start_time"] <= record["updated_at"] <= record["end_time"]
    # Celery's own result is the body's, whatever the record adds.
    assert world.result(task_id) == {"status": "SUCCESS", "result": {"success_rate": 100}}


def test_a_message_that_is_no_task_leaves_nothing_and_stops_nothing(world: World) -> None:
    before = set(world.store.keys("task:*"))
    with world.app.amqp.Producer(world.app.connection_for_write()) as producer:
        producer.publish("garbage", routing_key="celery", content_type="application/x-unknown")
        producer.publish(b"\xff{", routing_key="celery", content_type="application/json")
    record = ran(world, "job")
    assert record["status"] == "completed"
    assert set(world.store.keys("task:*")) - before == {f"task:{record['task_id']}"}


@pytest.mark.parametrize("notifier", ["own", "inherited"])
def test_a_forked_child_reports_for_its_job(world: World, url: str, notifier: str) -> None:
    """As `update_state` does there; a cancel ends the child as it would end the job."""
    task_id = world.send("forks", notifier)
    world.go(task_id)
    record = world.until(task_id, current_status="on and on")
    assert record["progress"] == {"current": 2, "total": 4, "percentage": 50}
    Control(url).cancel(task_id)
    eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
    assert world.result(task_id)["result"] == {"exit": 7}  # of TaskCancelled
