"""Any broker and any result backend: the record is the same."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from celery.contrib.testing.worker import start_worker as start_in_process

from progress_backend.tracking.tracker import LEASE_VARIABLE
from tests.integration.conftest import running, worker
from tests.integration.gate import VARIABLE
from tests.integration.jobs import RESULTS
from tests.integration.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.integration


class Stack(NamedTuple):
    """`states`: what the backend calls success and failure; None where it keeps nothing."""

    broker: str
    backend: str
    states: tuple[str, str] | None
    conf: dict[str, Any]


def stacks(folder: Path, url: str) -> dict[str, Stack]:
    files = on_files(folder / "files")
    ends = ("SUCCESS", "FAILURE")
    return {
        "rpc": Stack(url, "rpc://", ends, {"task_default_queue": "rpc"}),
        "database": Stack(
            url, f"db+sqlite:///{folder}/results.db", ends, {"task_default_queue": "database"}
        ),
        "disabled": Stack(url, "disabled://", None, {"task_default_queue": "disabled"}),
        "filesystem": Stack("filesystem://", f"file://{folder}/files/results", ends, files),
    }


def on_files(folder: Path) -> dict[str, Any]:
    """Configuration of a broker that is a folder."""
    for name in ("queue", "control", "results"):
        (folder / name).mkdir(parents=True)
    queue = {"data_folder_in": f"{folder}/queue", "data_folder_out": f"{folder}/queue"}
    options = {**queue, "control_folder": f"{folder}/control", "polling_interval": 0.1}
    return {"broker_transport_options": options}


@pytest.fixture(scope="module")
def worlds(folder: Path, url: str) -> Iterator[dict[str, tuple[World, Stack]]]:
    """A worker on each stack, side by side."""
    made = stacks(folder, url)
    workers = [
        worker(
            name,
            folder,
            url,
            concurrency=1,
            conf=stack.conf,
            env={"CELERY_BROKER_URL": stack.broker, "CELERY_RESULT_BACKEND": stack.backend},
        )
        for name, stack in made.items()
    ]
    with running(*workers), contextlib.ExitStack() as closing:
        yield {
            name: (
                closing.enter_context(
                    contextlib.closing(
                        World(
                            folder,
                            broker=stack.broker,
                            results=stack.backend,
                            store=url,
                            conf=stack.conf,
                        )
                    )
                ),
                stack,
            )
            for name, stack in made.items()
        }


@pytest.mark.parametrize("name", ["rpc", "database", "disabled", "filesystem"])
def test_the_record_does_not_depend_on_where_results_are_kept(
    worlds: dict[str, tuple[World, Stack]], name: str
) -> None:
    world, stack = worlds[name]
    task_id = world.send()
    world.begun(task_id)
    record = world.until(task_id, status="running", current_status="half way")
    assert record["progress"] == {"current": 1, "total": 4, "percentage": 25}
    if stack.states:
        eventually(lambda: world.result(task_id)["status"] == "PROGRESS")
        assert world.result(task_id)["result"]["percent"] == 25
    world.go(task_id)
    record = world.ended(task_id)
    assert (record["status"], record["results"]) == ("completed", RESULTS)

    failing = world.send("raises")
    world.go(failing)
    record = world.ended(failing)
    assert (record["status"], record["error_message"]) == ("error", "ValueError: no such symbol")
    for sent, number in ((task_id, 0), (failing, 1)):
        if stack.states:
            state = stack.states[number]
            # Called before the next turn.
            eventually(lambda: world.result(sent)["status"] == state)  # noqa: B023


def test_a_worker_in_this_very_process(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On memory://, as tests of teams do it."""
    monkeypatch.setenv(VARIABLE, str(folder))
    conf = {"broker_transport_options": {"polling_interval": 0.05}}
    world = World(folder, broker="memory://", results="cache+memory://", store=url, conf=conf)
    with contextlib.closing(world):
        for _ in range(2):  # one worker after the other
            with start_in_process(world.app, perform_ping_check=False, loglevel="WARNING"):
                task_id = world.send()
                world.begun(task_id)
                lease = world.until(task_id, current_status="half way")["worker"]["lease"]
                assert lease == os.environ[LEASE_VARIABLE]
                world.go(task_id)
                assert world.ended(task_id)["results"] == RESULTS
            assert LEASE_VARIABLE not in os.environ


def test_without_a_store_tracking_is_off_and_says_so_once(
    folder: Path, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither broker nor results are on Redis, and PROGRESS_REDIS_URL says nothing."""
    conf = on_files(folder / "no-store")
    urls = {
        "CELERY_BROKER_URL": "filesystem://",
        "CELERY_RESULT_BACKEND": f"file://{folder}/no-store/results",
        "PROGRESS_REDIS_URL": "",
    }
    nowhere = worker("nowhere", folder, url, concurrency=1, conf=conf, env=urls)
    broker, results = urls["CELERY_BROKER_URL"], urls["CELERY_RESULT_BACKEND"]
    world = World(folder, broker=broker, results=results, store=None, conf=conf)
    with running(nowhere), contextlib.closing(world):
        for _ in range(2):
            task_id = world.send()
            world.go(task_id)  # called before the next turn
            eventually(lambda: world.result(task_id)["status"] == "SUCCESS")  # noqa: B023
            assert world.result(task_id)["result"] == RESULTS
        said = "progress tracking is off: no store: set PROGRESS_REDIS_URL"
        assert [said in record.getMessage() for record in caplog.records].count(True) == 1
        # Its pool's process is one of its own.
        assert 1 <= nowhere.log.count(said) <= 2
        assert nowhere.log.count("no progress is recorded for job") == 1
