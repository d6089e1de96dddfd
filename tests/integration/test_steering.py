"""A job that is steered by HTTP, past the end of the API that was asked, and by another task."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import redis.exceptions

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.integration.conftest import running, worker
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration

LEASE_S = 1.0
ENV = {"PROGRESS_LEASE_S": str(LEASE_S), "PROGRESS_REAP_INTERVAL_S": "0.3"}


@pytest.fixture(scope="module")
def world(folder: Path, url: str) -> Iterator[World]:
    """A worker that would be given up soon."""
    with running(worker("prefork", folder, url, concurrency=2, env=ENV)):
        with contextlib.closing(World(folder, broker=url, results=url, store=url)) as world:
            yield world


@contextlib.contextmanager
def serving(url: str) -> Iterator[RunningApi]:
    """An API process's worth, from its start to its end; it reaps as well."""
    api = RunningApi(create_app(Settings(redis_url=url, lease_s=LEASE_S, reap_interval_s=0.3)))
    try:
        yield api.start()
    finally:
        api.stop()


def started(world: World, name: str = "updating") -> str:
    task_id = str(world.app.tasks[name].delay().id)
    world.begun(task_id)
    world.until(task_id, status="running", attempt=1)
    return task_id


def test_a_paused_job_keeps_its_lease_and_survives_the_api(world: World, url: str) -> None:
    task_id = started(world)
    with serving(url) as api:
        assert api.update(task_id, "paused").json()["status"] == "paused"
        asked = world.record(task_id)["control"]
        assert (asked["action"], asked["by"]) == ("pause", "api")
        assert asked["at"]
    with serving(url) as api:
        until = time.monotonic() + 4 * LEASE_S
        while time.monotonic() < until:
            assert api.status(task_id).json()["status"] == "paused"
            time.sleep(0.05)
        assert api.update(task_id, "running").json()["status"] == "running"
        held = world.record(task_id)["progress"]["current"]
        eventually(lambda: world.record(task_id)["progress"]["current"] > held, TIMEOUT_S)
        world.gate.mark(task_id, "enough")
        record = world.ended(task_id)
        assert (record["status"], record["attempt"]) == ("completed", 1)


def test_a_job_is_cancelled_by_http(world: World, url: str) -> None:
    task_id = started(world)
    with serving(url) as api:
        answer = api.cancel(task_id, {"reason": "wrong file"})
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S)
        assert len(world.gate.pids(task_id, "finally")) == 1
        asked = world.record(task_id)["control"]
        assert (asked["action"], asked["by"], asked["reason"]) == ("cancel", "api", "wrong file")
        assert asked["at"]
        assert api.cancel(task_id).status_code == 409


def test_a_cancel_is_heeded_by_the_death_of_its_worker(
    world: World, folder: Path, url: str
) -> None:
    """Whoever finds it says so: nobody runs the task any more."""
    dying = worker("dying", folder, url, concurrency=1, env=ENV, args=("-Q", "dying"))
    with running(dying):
        task_id = str(world.app.tasks["deaf"].apply_async(queue="dying").id)
        world.begun(task_id)
        world.until(task_id, status="running", attempt=1)
        with serving(url) as api:
            assert api.cancel(task_id).json()["control"]["heeded_at"] is None
        dying.signal(signal.SIGKILL)
        eventually(lambda: world.record(task_id)["control"]["heeded_at"], TIMEOUT_S)
        record = world.record(task_id)
        assert (record["status"], record["updated_at"]) == ("cancelled", record["end_time"])


def test_a_job_is_cancelled_by_another_task(world: World, url: str) -> None:
    task_id = started(world)
    canceller = str(world.app.tasks["cancelling"].delay(url, task_id).id)
    assert world.ended(canceller)["results"] == {"result": "cancelled"}
    eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S)
    assert len(world.gate.pids(task_id, "finally")) == 1
    record = world.record(task_id)
    assert (record["status"], record["control"]["reason"]) == ("cancelled", "not needed")


@dataclass(frozen=True)
class Waits:
    """Sends a job that waits; `comes` lets it come to its worker, where that needs a hand."""

    send: Callable[[World], str]
    comes: Callable[[World], object] = lambda world: None
    runs_before: int = 0


def queued(world: World) -> str:
    return str(world.app.tasks["updating"].apply_async(queue="parked").id)


def consumed(world: World) -> None:
    consume = partial(world.app.control.add_consumer, "parked", reply=True, timeout=TIMEOUT_S)
    try:
        consume(limit=1)
    except redis.exceptions.ConnectionError:
        # The pool's: another test on this server has closed whatever connections there were.
        consume(limit=1)


def for_its_eta(world: World) -> str:
    task_id = str(world.app.tasks["updating"].apply_async(countdown=2).id)
    eventually(lambda: world.scheduled(task_id), TIMEOUT_S)
    return task_id


def for_its_retry(world: World) -> str:
    task_id = str(world.app.tasks["retrying"].delay().id)
    world.until(task_id, current_status="2 秒後に 2/10 回目の試行: ValueError: busy")
    return task_id


WAITING = {
    "queued": Waits(queued, consumed),
    "eta": Waits(for_its_eta),
    "retry": Waits(for_its_retry, runs_before=1),
}


@pytest.fixture
def parked(world: World) -> Iterator[None]:
    """The queue is nobody's when the test begins."""
    yield
    world.app.control.cancel_consumer("parked", reply=True, timeout=TIMEOUT_S, limit=1)


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize("kind", WAITING)
def test_a_job_that_waits_is_cancelled_by_http(world: World, url: str, kind: str) -> None:
    waits = WAITING[kind]
    task_id = waits.send(world)
    with serving(url) as api:
        asked = api.cancel(task_id, {"reason": "wrong file", "by": "desk"}).json()
    assert asked["status"] == "cancelled"
    waits.comes(world)
    eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S)
    assert len(world.gate.pids(task_id, "began")) == waits.runs_before
    record = world.record(task_id)
    assert (record["status"], record["control"]) == ("cancelled", asked["control"])


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize("kind", WAITING)
def test_a_job_that_waits_is_paused_and_resumed_by_http(world: World, url: str, kind: str) -> None:
    waits = WAITING[kind]
    task_id = waits.send(world)
    with serving(url) as api:
        asked = api.update(task_id, "paused", reason="closed", by="desk").json()
        assert asked["status"] == "paused"
        waits.comes(world)
        record = world.until(task_id, attempt=waits.runs_before + 1)
        assert (record["status"], record["control"]) == ("paused", asked["control"])
        assert record["control"]["heeded_at"] == asked["control"]["at"], "nobody ran it"
        assert record["worker"]["name"] == world.worker_name
        assert len(world.gate.pids(task_id, "began")) == waits.runs_before
        assert api.update(task_id, "running").json()["status"] == "running"
        world.begun(task_id, runs=waits.runs_before + 1)
        api.cancel(task_id)
    eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S)
