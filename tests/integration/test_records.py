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


def test_a_record_that_begins_too_large_goes_on_shortened(world: World) -> None:
    said = {"metadata": {"all of it": "x" * MAX_DOCUMENT_BYTES}}
    record = ran(world, "fetch", "7203.t", headers={"progress": said})
    assert (record["status"], record["metadata"]["truncated"]) == ("completed", True)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"progress": "nonsense"},
        {"progress": {"created_at": "2024-01-15T10:30:00+09:00", "digest": "of nothing"}},
        {"progress": {"created_at": 5, "digest": ["d"], "symbol": None}},
    ],
)
def test_a_task_published_by_name_gets_its_record_when_it_starts(
    world: World, header: dict[str, Any]
) -> None:
    """By a process that does not know the task, with whatever header."""
    task_id = uuid()
    world.duplicate(task_id, "fetch", ["msft"], **header)
    record = world.ended(task_id)
    assert (record["task_type"], record["symbol"]) == ("fetch_data", "MSFT")
    assert (record["status"], record["attempt"]) == ("completed", 1)


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
