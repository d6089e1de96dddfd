"""Stock Flower next to a worker: it shows how far a job is, and how it ended."""

import contextlib
import html
import json
import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import end
from tests.docs.reading import text_of
from tests.integration.conftest import APP, environment, running, worker
from tests.integration.control import Control
from tests.integration.world import TIMEOUT_S, World
from tests.ports import free_port
from tests.servers import Service
from tests.waiting import eventually

#: So that a death is soon found.
LEASE = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}


class Flower:
    """Its HTTP API, and what its pages show."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def task(self, task_id: str) -> dict[str, Any]:
        task: dict[str, Any] = json.loads(self._got("/api/tasks")).get(task_id, {})
        return task

    def rows(self, search: str = "") -> dict[str, dict[str, Any]]:
        """What the table of its task list is filled with, for what is written into its filter."""
        asked = {
            "draw": 1,
            "start": 0,
            "length": 100,
            "search[value]": search,
            "order[0][column]": 0,
            "order[0][dir]": "desc",
            "columns[0][data]": "received",
        }
        answer = json.loads(self._got(f"/tasks/datatable?{urlencode(asked)}"))
        return {row["uuid"]: row for row in answer["data"]}

    def source(self, task_id: str) -> str:
        """A task's own page."""
        return self._got(f"/task/{task_id}")

    def page(self, task_id: str) -> str:
        """Its text."""
        text = html.unescape(re.sub(r"<[^>]*>", " ", self.source(task_id)))
        return " ".join(text.split())

    def _got(self, path: str) -> str:
        with urllib.request.urlopen(self._url + path, timeout=60) as reply:
            return str(reply.read().decode())

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
    port = free_port()
    args = [sys.executable, "-m", "celery", "-A", APP, "flower"]
    args += ["--address=127.0.0.1", f"--port={port}"]
    env = {**environment(folder, url), "FLOWER_UNAUTHENTICATED_API": "true"}
    service = Service(args, log=folder / "flower.log", env=env)
    try:
        service.start(ready="Connected to redis")
        flower = Flower(port)
        # It may not listen yet: this one sends an event each second.
        first = begun(world, flower, "updating")
        world.gate.mark(first, "enough")
        yield flower
    finally:
        end([service])


@pytest.fixture(scope="module")
def world(folder: Path, url: str) -> Iterator[World]:
    conf = {"worker_send_task_events": True, "task_send_sent_event": True}
    with running(worker("prefork", folder, url, conf=conf, env=LEASE)):
        world = World(folder, broker=url, results=url, store=url, conf=conf)
        yield world
        world.close()


def begun(world: World, flower: Flower, name: str) -> str:
    """A job that Flower has seen begin."""
    task_id = str(world.app.tasks[name].delay().id)
    flower.until(task_id, "PROGRESS")
    return task_id


def test_its_list_and_the_tasks_page_show_the_figures_while_it_runs(
    world: World, flower: Flower
) -> None:
    task_id = begun(world, flower, "says_all")
    task = flower.until(task_id, "PROGRESS", r"^'?150/252 59.5% half way")
    assert (task["name"], task["worker"]) == ("says_all", world.worker_name)
    row = flower.rows()[task_id]
    assert (row["name"], row["state"]) == ("says_all", "PROGRESS")
    assert re.fullmatch(r"'?150/252 59\.5% half way.*", row["result"]), row
    page = flower.page(task_id)
    assert re.search(r"Result '?150/252 59\.5% half way", page), page
    assert "PROGRESS" in page
    world.gate.mark(task_id, "phase")
    world.go(task_id)
    task = flower.until(task_id, "SUCCESS", "success_rate")
    assert "half way" not in task["result"]
    assert "150/252" not in flower.page(task_id)


def test_its_filter_started_is_empty_and_its_button_terminate_is_not_there(
    world: World, flower: Flower
) -> None:
    task_id = begun(world, flower, "updating")
    assert task_id not in flower.rows("state:STARTED")
    assert task_id in flower.rows("state:PROGRESS")
    assert "`state:PROGRESS`" in text_of("docs/monitor.md")
    assert 'id="task-terminate"' not in flower.source(task_id)
    world.gate.mark(task_id, "enough")
    flower.until(task_id, "SUCCESS")


def test_a_job_that_was_cancelled_by_its_record_is_revoked(
    world: World, flower: Flower, url: str
) -> None:
    task_id = begun(world, flower, "updating")
    Control(url).cancel(task_id)
    flower.until(task_id, "REVOKED")
    assert world.record(task_id)["status"] == "cancelled"


def test_without_events_it_shows_a_job_as_started(flower: Flower, folder: Path, url: str) -> None:
    env = {"PROGRESS_FLOWER_EVENTS": "0"}
    silent = worker("silent", folder, url, concurrency=1, env=env, args=("-Q", "silent", "-E"))
    world = World(folder, broker=url, results=url, store=url)
    with running(silent), contextlib.closing(world):
        task_id = world.send(queue="silent")
        world.begun(task_id)
        world.until(task_id, current_status="half way")
        flower.until(task_id, "STARTED")
        world.go(task_id)
        flower.until(task_id, "SUCCESS")
