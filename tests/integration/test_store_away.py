"""The store dies, hangs and comes back: jobs never feel it, and records catch up."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from progress_backend.embedded import EmbeddedServerError
from progress_backend.runs.sender import JOB_WAIT_S, SENDER_WAIT_S
from tests.integration.conftest import running, worker
from tests.integration.jobs import RESULTS
from tests.integration.world import TIMEOUT_S, World
from tests.servers import Server
from tests.stopwatch import FACTOR, Stopwatch
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

#: Less than what the sender's own thread, for which no job waits, gives a store that is away.
BOUND_S = 0.8 * SENDER_WAIT_S


@pytest.fixture(scope="module")
def world(folder: Path, url: str, store: Server) -> Iterator[World]:
    env = {
        "PROGRESS_REDIS_URL": store.url,
        "PROGRESS_LEASE_S": "2",
        "PROGRESS_REAP_INTERVAL_S": "1",
    }
    with running(worker("prefork", folder, url, env=env)):
        with contextlib.closing(World(folder, broker=url, results=url, store=store.url)) as world:
            yield world


@pytest.fixture(autouse=True)
def answering(store: Server) -> Iterator[None]:
    """Each test begins and leaves with a store that answers."""
    yield
    with contextlib.suppress(EmbeddedServerError):  # it does already
        store.start()


def finishes(world: World, task_id: str) -> None:
    """Lets the timing job come to its end; no update of it has waited."""
    world.gate.mark(task_id, "enough")
    eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
    took = world.result(task_id)["result"]
    assert took["slowest_ms"] < 100 + took["late_ms"]


def test_a_job_published_and_run_without_a_store_gets_its_record_later(
    world: World, store: Server
) -> None:
    store.kill()
    with Stopwatch() as watch:
        task_id = str(world.app.tasks["timing"].delay().id)
    assert watch.seconds < FACTOR * JOB_WAIT_S
    world.begun(task_id)
    finishes(world, task_id)
    store.start()
    record = world.ended(task_id)
    assert (record["status"], record["task_type"]) == ("completed", "timing")
    assert record["results"] == world.result(task_id)["result"]
    assert record["start_time"] <= record["end_time"]


def test_an_error_without_a_store_is_recorded_later(world: World, store: Server) -> None:
    task_id = world.send("raises")
    world.begun(task_id)
    store.kill()
    world.go(task_id)
    eventually(lambda: world.result(task_id)["status"] == "FAILURE", TIMEOUT_S)
    store.start()  # empty: what it knew is gone
    record = world.ended(task_id)
    assert (record["status"], record["error_message"]) == ("error", "ValueError: no such symbol")


def test_the_last_lines_of_a_job_without_a_store_are_stored_later(
    world: World, store: Server
) -> None:
    task_id = str(world.app.tasks["telling"].apply_async((1, "go")).id)
    log = f"progress_log:{task_id}"
    eventually(lambda: world.store.xlen(log) == 2, TIMEOUT_S)
    store.kill()
    world.go(task_id)
    eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
    store.start()  # empty: the lines that it had are gone
    assert world.ended(task_id)["status"] == "completed"
    eventually(lambda: world.store.xlen(log), TIMEOUT_S)
    texts = [json.loads(line["j"])["text"] for _, line in world.store.xrange(log)]
    assert texts == ["line 0", "the end"]


def test_a_store_that_dies_under_a_job_and_comes_back_empty(world: World, store: Server) -> None:
    task_id = str(world.app.tasks["timing"].delay().id)
    world.begun(task_id)
    eventually(lambda: world.record(task_id)["progress"]["current"] > 0)
    store.kill()
    store.start()
    record = world.until(task_id, status="running")
    assert (record["task_type"], record["attempt"]) == ("timing", 1)
    finishes(world, task_id)
    assert world.ended(task_id)["status"] == "completed"


def test_a_store_that_hangs_holds_nobody(world: World, store: Server) -> None:
    running_id = str(world.app.tasks["timing"].delay().id)
    world.begun(running_id)
    store.pause()
    try:
        with Stopwatch() as watch:
            task_id = world.send()
        assert watch.seconds < FACTOR * JOB_WAIT_S
        world.begun(task_id)
        with Stopwatch() as watch:
            world.go(task_id)
            eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
        assert watch.seconds < BOUND_S
        finishes(world, running_id)
    finally:
        store.resume()
    record = world.ended(task_id)
    assert (record["status"], record["results"]) == ("completed", RESULTS)
    assert world.ended(running_id)["status"] == "completed"


def test_a_store_that_was_away_for_longer_than_a_lease_has_nobody_lost(
    world: World, store: Server
) -> None:
    """The worker could not renew its lease: that is no sign of its death."""
    task_id = str(world.app.tasks["deaf"].delay().id)
    world.begun(task_id)
    eventually(lambda: world.record(task_id)["progress"]["current"] == 1)  # all that it says
    revision = world.record(task_id)["revision"]
    store.pause()
    time.sleep(3)  # longer than a lease: the time itself is what is tested
    store.resume()
    until = time.monotonic() + 4
    while time.monotonic() < until:
        record = world.record(task_id)
        assert (record["status"], record["revision"]) == ("running", revision)
        time.sleep(0.2)
    world.gate.mark(task_id, "enough")
    assert world.ended(task_id)["status"] == "completed"
