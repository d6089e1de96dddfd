"""Stock Flower next to a worker: it shows how far a job is, and how it ended."""

from __future__ import annotations

import json
import re
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import end
from tests.integration.conftest import APP, environment, running, worker
from tests.integration.control import Control
from tests.integration.world import TIMEOUT_S, World
from tests.servers import Service
from tests.waiting import eventually

pytestmark = pytest.mark.integration


class Flower:
    """Its HTTP API, as its page uses it."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api"

    def task(self, task_id: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._url}/tasks", timeout=10) as reply:
            task: dict[str, Any] = json.load(reply).get(task_id, {})
            return task

    def until(self, task_id: str, state: str, result: str = "") -> dict[str, Any]:
        """The task once it is shown so; `result` is a regular expression."""

        def shown() -> dict[str, Any]:
            task = self.task(task_id)
            assert task.get("state") == state, task
            assert re.search(result, task["result"] or ""), task
            return task

        return eventually(shown, TIMEOUT_S, what=f"{state} in Flower")


@pytest.fixture(scope="module")
def flower(folder: Path, url: str, world: World) -> Iterator[Flower]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    args = [sys.executable, "-m", "celery", "-A", APP, "flower"]
    args += ["--address=127.0.0.1", f"--port={port}"]
    env = {**environment(folder, url), "FLOWER_UNAUTHENTICATED_API": "true"}
    service = Service(args, log=folder / "flower.log", env=env)
    try:
        service.start(ready="Connected to redis", timeout=60)
        yield Flower(port)
    finally:
        end([service])


@pytest.fixture(scope="module")
def world(folder: Path, url: str) -> Iterator[World]:
    conf = {"worker_send_task_events": True, "task_send_sent_event": True}
    with running(worker("prefork", folder, url, conf=conf)):
        world = World(folder, broker=url, results=url, store=url, conf=conf)
        yield world
        world.close()


def begun(world: World, flower: Flower, name: str) -> str:
    """A job that Flower has seen begin, so that it listens."""
    task_id = str(world.app.tasks[name].delay().id)
    flower.until(task_id, "PROGRESS")
    return task_id


def test_progress_is_shown_and_then_the_jobs_own_result(world: World, flower: Flower) -> None:
    task_id = begun(world, flower, "says_all")
    task = flower.until(task_id, "PROGRESS", r"^'?150/252 59.5% half way")
    assert task["name"] == "says_all"
    assert task["worker"] == world.worker_name
    world.gate.mark(task_id, "phase")
    world.go(task_id)
    task = flower.until(task_id, "SUCCESS", "success_rate")
    assert "half way" not in task["result"]


def test_it_moves_on_while_the_job_does(world: World, flower: Flower) -> None:
    task_id = begun(world, flower, "updating")
    first = flower.task(task_id)["result"]
    eventually(lambda: flower.task(task_id)["result"] != first, TIMEOUT_S)
    world.gate.mark(task_id, "enough")
    flower.until(task_id, "SUCCESS", "to the end")


def test_an_error_is_shown_as_one(world: World, flower: Flower) -> None:
    task_id = world.send("raises")
    world.begun(task_id)
    flower.until(task_id, "PROGRESS")
    world.go(task_id)
    flower.until(task_id, "FAILURE")


def test_a_terminated_job_is_revoked(world: World, flower: Flower) -> None:
    task_id = begun(world, flower, "updating")
    world.revoke(task_id, terminate=True)
    world.until(task_id, status="cancelled")
    flower.until(task_id, "REVOKED")


def test_a_job_that_was_cancelled_by_its_record_is_revoked(
    world: World, flower: Flower, url: str
) -> None:
    task_id = begun(world, flower, "updating")
    Control(url).cancel(task_id)
    flower.until(task_id, "REVOKED")
    assert world.record(task_id)["status"] == "cancelled"
