"""What a real worker's tasks leave in their records."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest
from celery import chain, chord, group
from celery.utils import uuid

from progress_backend import RedisProgressService
from progress_backend.record.task_json import MAX_DOCUMENT_BYTES
from tests.integration.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.integration


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
    assert record["worker"]["name"] == "prefork@tests"
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


def test_existing_calls_of_update_state_are_captured(world: World) -> None:
    task_id = str(world.app.tasks["own_states"].delay().id)
    record = world.until(task_id, current_status="third")
    assert record["progress"] == {"current": 3, "total": 8, "percentage": 37.5}
    assert world.result(task_id)["status"] == "PROGRESS"
    world.gate.mark(task_id, "more")

    def moved() -> bool:
        record = world.record(task_id)
        assert record["progress"]["current"] == 5, record
        return True

    eventually(moved)
    record = world.record(task_id)
    assert record["status"] == "running"
    assert record["processing_details"]["page"] == 2
    eventually(lambda: world.result(task_id)["status"] == "LOADING")
    world.go(task_id)
    assert world.ended(task_id)["results"] == {"result": "done"}


@pytest.mark.parametrize(
    ("state", "meta", "status", "cause"),
    [
        ("SUCCESS", {"rows": 3}, "completed", None),
        ("FAILURE", {"exc_type": "ValueError", "exc_message": "by hand"}, "error", "exception"),
        ("REVOKED", None, "cancelled", None),
    ],
)
def test_an_end_set_by_hand_is_the_end(
    world: World, state: str, meta: Any, status: str, cause: str | None
) -> None:
    record = ran(world, "ends_by_hand", state, meta)
    assert (record["status"], record["error_cause"]) == (status, cause)
    if state == "SUCCESS":
        assert record["results"] == meta
    if state == "FAILURE":
        assert "by hand" in record["error_message"]


@pytest.mark.parametrize(
    ("value", "results"),
    [({"rows": 1}, {"rows": 1}), ([1, 2], {"result": [1, 2]}), (0, {"result": 0})],
)
def test_results_are_what_the_body_returns(world: World, value: Any, results: Any) -> None:
    assert ran(world, "job", "return", value)["results"] == results


def test_a_body_that_returns_nothing_has_no_results(world: World) -> None:
    record = ran(world, "counts")
    assert (record["status"], record["results"]) == ("completed", {})
    assert record["progress"] == {"current": 8, "total": 8, "percentage": 100}


def test_an_error_keeps_the_figures_and_says_one_line(world: World) -> None:
    record = ran(world, "counts", 5)
    assert record["status"] == "error"
    assert record["progress"] == {"current": 5, "total": 8, "percentage": 62.5}
    assert record["error_message"] == "ValueError: row 5 is broken"
    assert record["current_status"] == "エラーが発生しました"


def test_advance_counts_on(world: World) -> None:
    task_id = str(world.app.tasks["advances"].delay().id)
    record = eventually(
        lambda: (r := world.record(task_id)).get("progress", {}).get("current") == 3 and r
    )
    assert record["progress"] == {"current": 3, "total": 3, "percentage": 100}
    assert record["status"] == "running"
    world.go(task_id)
    world.ended(task_id)


def test_values_come_from_the_call(world: World) -> None:
    record = ran(world, "fetch", "7203.t", 5)
    assert (record["task_type"], record["symbol"]) == ("fetch_data", "7203.T")
    assert record["progress"]["total"] == 10
    assert record["metadata"] == {"symbol": "7203.t", "rows": 5, "pages": 2}


def test_one_call_can_say_otherwise(world: World) -> None:
    said = {"task_type": "nightly", "symbol": "AAPL", "total_items": 99, "metadata": {"by": "x"}}
    record = ran(world, "fetch", "7203.t", headers={"progress": said})
    assert (record["task_type"], record["symbol"]) == ("nightly", "AAPL")
    assert (record["progress"]["total"], record["metadata"]) == (99, {"by": "x"})


def test_a_record_that_begins_too_large_goes_on_shortened(world: World) -> None:
    said = {"metadata": {"all of it": "x" * MAX_DOCUMENT_BYTES}}
    record = ran(world, "fetch", "7203.t", headers={"progress": said})
    assert (record["status"], record["metadata"]["truncated"]) == ("completed", True)


def test_every_way_to_mark_a_task(world: World) -> None:
    assert ran(world, "of_a_class")["results"] == {"saved": 1, "logged": True}
    assert ran(world, "unbound", 4)["results"] == {"value": 4}
    record = ran(world, "shared_by_all_apps")
    assert (record["progress"]["total"], record["results"]) == (5, {"shared": True})
    assert ran(world, "based")["status"] == "completed"


def test_what_is_not_marked_has_no_record(world: World) -> None:
    task_id = world.send(job="untracked")
    world.go(task_id)
    assert eventually(lambda: world.result(task_id)["status"] == "SUCCESS")
    assert world.record(task_id) == {}


def test_a_task_published_by_name_gets_its_record_when_it_starts(world: World) -> None:
    """By a process that does not know the task."""
    task_id = uuid()
    world.duplicate(task_id, "fetch", ["msft"])
    record = world.ended(task_id)
    assert (record["task_type"], record["symbol"]) == ("fetch_data", "MSFT")
    assert record["status"] == "completed"


def test_a_record_that_a_service_made_is_adopted(world: World, url: str) -> None:
    async def create() -> str:
        async with RedisProgressService(url) as service:
            return await service.create_task("ordered", 252, symbol="AAPL", metadata={"n": 1})

    task_id = asyncio.run(create())
    created_at = world.record(task_id)["created_at"]
    record = ran(world, "job", "return", {"rows": 1}, task_id=task_id)
    assert (record["task_type"], record["symbol"]) == ("ordered", "AAPL")
    assert (record["metadata"], record["created_at"]) == ({"n": 1}, created_at)
    assert (record["status"], record["attempt"]) == ("completed", 1)


def test_an_id_that_is_used_again_is_a_fresh_run(world: World) -> None:
    first = ran(world, "job", "raises")
    again = ran(world, "job", "return", {"rows": 1}, task_id=first["task_id"])
    again = world.until(first["task_id"], status="completed")
    assert (again["attempt"], again["error_message"]) == (2, None)
    assert again["created_at"] > first["created_at"]
    assert again["revision"] > first["revision"]


def test_a_task_within_a_task_has_its_own_record(world: World) -> None:
    record = ran(world, "nests")
    assert record["results"]["inner_state"] == "SUCCESS"
    assert (record["status"], record["progress"]["total"]) == ("completed", 3)
    inner = world.record(record["results"]["inner"])
    assert (inner["status"], inner["symbol"]) == ("completed", "INNER")
    # The main process knows of the message's run alone.
    outer = {name: value for name, value in record["worker"].items() if name != "run"}
    assert inner["worker"] == {**outer, "task": record["task_id"]}


def test_a_child_names_its_parent(world: World) -> None:
    record = ran(world, "calls")
    child = world.ended(record["results"]["child"])
    assert child["parent_id"] == child["root_id"] == record["task_id"]


def test_group_chain_and_chord_are_tied_together(world: World) -> None:
    fetch = world.app.tasks["fetch"]
    members = group(fetch.si("a"), fetch.si("b")).apply_async()
    in_group = [world.ended(member.id) for member in members]
    assert {record["group_id"] for record in in_group} == {members.id}

    last = chain(fetch.si("a"), fetch.si("b")).apply_async()
    second, first = world.ended(last.id), world.ended(last.parent.id)
    assert second["parent_id"] == second["root_id"] == first["task_id"]

    body = chord([fetch.si("a"), fetch.si("b")], fetch.si("sum")).apply_async()
    header = [world.ended(member.id) for member in body.parent]
    joined = world.ended(body.id)
    assert joined["status"] == "completed"
    assert joined["parent_id"] in {record["task_id"] for record in header}
    assert {record["group_id"] for record in header} == {joined["group_id"]} == {body.parent.id}


def test_a_call_that_only_its_header_tracks_ends_as_any(world: World) -> None:
    said = {"progress": {"task_type": "once"}}
    terminated = world.send(job="untracked", headers=said)
    killed = world.send(job="untracked", headers=said)
    for task_id in (terminated, killed):
        world.begun(task_id)
        assert world.record(task_id)["task_type"] == "once"
    world.revoke(terminated, terminate=True)
    os.kill(world.gate.pids(killed, "began")[0], signal.SIGKILL)
    assert world.ended(terminated)["current_status"] == "タスクは取り消されました"
    record = world.ended(killed)
    assert (record["status"], record["error_cause"]) == ("error", "worker_lost")


def test_a_message_that_is_no_task_leaves_nothing_and_stops_nothing(world: World) -> None:
    assert world.store is not None
    before = set(world.store.keys("task:*"))
    with world.app.amqp.Producer(world.app.connection_for_write()) as producer:
        producer.publish("garbage", routing_key="celery", content_type="application/x-unknown")
        producer.publish(b"\xff{", routing_key="celery", content_type="application/json")
    record = ran(world, "job")
    assert record["status"] == "completed"
    assert set(world.store.keys("task:*")) - before == {f"task:{record['task_id']}"}
