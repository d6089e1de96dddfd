"""A group of some hundred tasks that is cancelled, paused and resumed while a worker runs it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import chord, group

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.integration.conftest import running, worker
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration

MEMBERS = 300
#: How many have ended when the group is steered, and how many may, however late that comes.
BEFORE, FREE = 20, 100


@pytest.fixture(scope="module")
def world(folder: Path, url: str) -> Iterator[World]:
    with running(worker("prefork", folder, url, concurrency=2)):
        with contextlib.closing(World(folder, broker=url, results=url, store=url)) as world:
            yield world


@pytest.fixture(scope="module")
def api(url: str) -> Iterator[RunningApi]:
    api = RunningApi(create_app(Settings(redis_url=url)))
    try:
        yield api.start()
    finally:
        api.stop()


def members(world: World, name: str, number: int = MEMBERS, free: int = MEMBERS) -> list[Any]:
    """Jobs that are let go as they begin, the first of them."""
    ids = [f"{name}-{n}" for n in range(number)]
    for task_id in ids[:free]:
        world.go(task_id)
    return [world.app.tasks["job"].si("return", 1).set(task_id=task_id) for task_id in ids]


def begun(world: World, name: str) -> set[str]:
    """The ids of those whose body has begun."""
    ids = (f"{name}-{n}" for n in range(MEMBERS))
    return {task_id for task_id in ids if world.gate.pids(task_id, "began")}


def started(world: World, name: str, log: str) -> set[str]:
    """The ids of those whose start is recorded, read at once. Each has a record, unless the log
    says that the store did not answer in time as a message left: then it begins with its run."""
    ids = [f"{name}-{n}" for n in range(MEMBERS)]
    assert world.store is not None
    found = world.store.mget([f"task:{task_id}" for task_id in ids])
    assert all(found) or "the progress store does not answer" in log
    there = ((i, json.loads(document)) for i, document in zip(ids, found, strict=True) if document)
    return {task_id for task_id, record in there if record["attempt"]}


def body(api: RunningApi, workflow_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.workflow(workflow_id).json()
    return found


def under_way(api: RunningApi, workflow_id: str) -> None:
    """Waits until some members have ended, so that a request comes in their midst."""
    eventually(lambda: body(api, workflow_id)["counts"]["completed"] >= BEFORE, TIMEOUT_S)


def test_no_member_of_a_cancelled_group_begins_after_the_answer(
    world: World, api: RunningApi, caplog: pytest.LogCaptureFixture
) -> None:
    (merge,) = members(world, "merge", 1)
    canvas = chord(members(world, "cancelled", free=FREE), merge)
    workflow_id = str(canvas.apply_async().id)
    under_way(api, workflow_id)
    answer = api.http.post(f"/internal/workflow/{workflow_id}/cancel", json={"reason": "too dear"})
    until_then = started(world, "cancelled", caplog.text)
    for n in range(FREE, MEMBERS):
        world.go(f"cancelled-{n}")
    assert answer.status_code == 200, answer.text
    asked = answer.json()
    assert (asked["status"], asked["final"]) == ("cancelled", False)
    seen = eventually(lambda: (b := body(api, workflow_id))["final"] and b, TIMEOUT_S)
    assert seen["status"] == "cancelled"
    counts = seen["counts"]
    assert counts["cancelled"] + counts["completed"] == MEMBERS + 1
    assert counts["completed"] < MEMBERS / 2
    # Their messages come to the worker, which lets each go.
    store = world.store
    assert store is not None
    eventually(lambda: not store.llen("celery"), TIMEOUT_S)
    (last,) = members(world, "last", 1)
    world.ended(str(last.apply_async().id))
    assert begun(world, "cancelled") <= until_then
    assert len(until_then) < MEMBERS / 2
    control = world.record(workflow_id)["control"]
    assert (control["action"], control["by"], control["reason"]) == ("cancel", "api", "too dear")
    again = api.http.post(f"/internal/workflow/{workflow_id}/cancel")
    assert (again.status_code, again.json()["status"]) == (409, "cancelled")


def test_a_paused_group_waits_and_goes_on(world: World, api: RunningApi) -> None:
    workflow_id = str(group(members(world, "paused", free=FREE)).apply_async().id)
    under_way(api, workflow_id)
    url = f"/internal/workflow/{workflow_id}/update"
    asked = api.http.put(url, json={"status": "paused"}).json()
    assert asked["control"]["action"] == "pause"
    for n in range(FREE, MEMBERS):
        world.go(f"paused-{n}")

    def waits() -> dict[str, Any]:
        seen = body(api, workflow_id)
        assert seen["status"] == "paused"
        assert not seen["counts"]["running"]
        assert not seen["counts"]["created"]
        return seen

    seen = eventually(waits, TIMEOUT_S)
    assert seen["counts"]["completed"] + seen["counts"]["paused"] == MEMBERS

    def held() -> list[str]:
        """Members that the worker has taken, and that wait in it."""
        ids = [f"paused-{n}" for n in range(MEMBERS)]
        waiting = [i for i in ids if world.record(i)["status"] == "paused"]
        return [i for i in waiting if world.record(i)["attempt"]]

    eventually(lambda: len(held()) == 2, TIMEOUT_S)
    assert not begun(world, "paused") & set(held())
    assert len(begun(world, "paused")) == seen["counts"]["completed"]
    answer = api.http.put(url, json={"status": "running"})
    assert (answer.status_code, answer.json()["control"]) == (200, None)
    seen = eventually(lambda: (b := body(api, workflow_id))["final"] and b, TIMEOUT_S)
    assert (seen["status"], seen["counts"]["completed"]) == ("completed", MEMBERS)
