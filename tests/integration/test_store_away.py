"""The store dies, hangs and comes back: jobs never feel it, and records catch up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from progress_backend.embedded import EmbeddedServerError
from tests.integration.conftest import running, worker
from tests.integration.jobs import RESULTS
from tests.integration.world import TIMEOUT_S, World
from tests.servers import Server
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

#: The longest wait for the store at publish, start or end, and what a busy machine adds to it.
BOUND_S = 0.2 + 0.8


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


def finishes(world: World, task_id: str) -> float:
    """Lets the timing job come to its end; the milliseconds of its slowest update."""
    world.gate.mark(task_id, "enough")
    eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
    slowest_ms: float = world.result(task_id)["result"]["slowest_ms"]
    return slowest_ms


def test_a_job_published_and_run_without_a_store_gets_its_record_later(
    world: World, store: Server
) -> None:
    store.kill()
    began = time.monotonic()
    task_id = str(world.app.tasks["timing"].delay().id)
    assert time.monotonic() - began < BOUND_S
    world.begun(task_id)
    assert finishes(world, task_id) < 100
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


def test_a_store_that_dies_under_a_job_and_comes_back_empty(world: World, store: Server) -> None:
    task_id = str(world.app.tasks["timing"].delay().id)
    world.begun(task_id)
    eventually(lambda: world.record(task_id)["progress"]["current"] > 0)
    store.kill()
    store.start()
    record = world.until(task_id, status="running")
    assert (record["task_type"], record["attempt"]) == ("timing", 1)
    assert finishes(world, task_id) < 100
    assert world.ended(task_id)["status"] == "completed"


def test_a_store_that_hangs_holds_nobody(world: World, store: Server) -> None:
    running_id = str(world.app.tasks["timing"].delay().id)
    world.begun(running_id)
    store.pause()
    try:
        began = time.monotonic()
        task_id = world.send()
        assert time.monotonic() - began < BOUND_S
        world.begun(task_id)
        began = time.monotonic()
        world.go(task_id)
        eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
        assert time.monotonic() - began < BOUND_S
        assert finishes(world, running_id) < 100
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
