"""Workers of every pool die under their jobs, and the only process left to see it is a worker whose
only slot is taken by a job that holds the CPU."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.sync.client import ClientConnection, connect

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.conftest import StartServer
from tests.integration.conftest import running, worker
from tests.integration.world import TIMEOUT_S, World
from tests.servers import Worker
from tests.waiting import eventually
from tests.web.serving import RunningApi

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

LEASE_S = 3
SURVIVOR = {"PROGRESS_LEASE_S": str(LEASE_S), "PROGRESS_REAP_INTERVAL_S": "1"}
#: Whoever takes a dead one's name looks too seldom to find anything.
VICTIM = {**SURVIVOR, "PROGRESS_REAP_INTERVAL_S": "3600"}


def whole(victim: Worker) -> None:
    victim.kill()


def main_process(victim: Worker) -> None:
    victim.signal(signal.SIGKILL)
    victim.wait()


def followed_by_a_namesake(victim: Worker) -> None:
    victim.kill()
    victim.start()


#: Queue (and name) of each victim -> its pool, and how it dies.
DEATHS: dict[str, tuple[str, Callable[[Worker], None]]] = {
    "prefork": ("prefork", whole),
    "threads": ("threads", whole),
    "gevent": ("gevent", whole),
    "solo": ("solo", whole),
    "main_process": ("prefork", main_process),
    "namesake": ("prefork", followed_by_a_namesake),
}


class Scene(NamedTuple):
    """After all deaths."""

    world: World
    tasks: dict[str, str]
    api: RunningApi
    sockets: dict[str, ClientConnection]


@pytest.fixture(scope="module")
def api(url: str) -> Iterator[RunningApi]:
    """One that looks on: its own pass for lost runs comes when all is over."""
    app = create_app(Settings(redis_url=url, lease_s=LEASE_S, reap_interval_s=3_600))
    running_api = RunningApi(app).start()
    yield running_api
    running_api.stop()


@pytest.fixture(scope="module")
def scene(folder: Path, url: str, api: RunningApi) -> Iterator[Scene]:
    """The jobs at their gates, everybody killed."""
    victims = {
        queue: worker(queue, folder, url, pool=pool, concurrency=1, env=VICTIM, args=("-Q", queue))
        for queue, (pool, _) in DEATHS.items()
    }
    survivor = worker(
        "survivor", folder, url, pool="solo", concurrency=1, env=SURVIVOR, args=("-Q", "survivor")
    )
    with (
        running(survivor, *victims.values()),
        contextlib.closing(World(folder, broker=url, results=url, store=url)) as world,
        contextlib.ExitStack() as stack,
    ):
        busy = world.send("spins", queue="survivor")
        tasks = {queue: world.send(queue=queue) for queue in DEATHS}
        for task_id in tasks.values():
            world.until(task_id, status="running", current_status="half way")
        world.go(busy)
        world.went(busy)
        url_of = f"ws://127.0.0.1:{api.port}/internal/ws/task/{{}}".format
        sockets = {
            queue: stack.enter_context(connect(url_of(task_id), proxy=None))
            for queue, task_id in tasks.items()
        }
        for queue, (_, die) in DEATHS.items():
            die(victims[queue])
        tasks["busy"] = busy
        yield Scene(world, tasks, api, sockets)
        world.gate.mark(busy, "enough")


@pytest.mark.parametrize("queue", DEATHS)
def test_its_run_is_lost_and_the_worker_named(scene: Scene, queue: str) -> None:
    task_id = scene.tasks[queue]
    record = scene.world.ended(task_id)
    assert (record["status"], record["error_cause"], record["attempt"]) == ("error", "lost", 1)
    said = f"ワーカー {queue}@tests が応答しなくなりました"
    assert record["error_message"] == said
    # So say the body, the list, and the socket that was open all the time.
    body = scene.api.status(task_id).json()
    assert (body["status"], body["error_message"]) == ("error", said)
    listed = scene.api.http.get("/internal/tasks?status=error").json()["tasks"]
    assert [task["error_message"] for task in listed if task["task_id"] == task_id] == [said]
    assert told(scene.sockets[queue], "error")["error_message"] == said


def told(socket: ClientConnection, status: str) -> dict[str, Any]:
    """The first message with that status."""
    while (message := json.loads(socket.recv(timeout=TIMEOUT_S)))["status"] != status:
        pass
    found: dict[str, Any] = message
    return found


def test_who_took_the_dead_ones_name_works_on(scene: Scene) -> None:
    world = scene.world
    world.until(scene.tasks["namesake"], status="error")
    task_id = world.send(queue="namesake")
    world.go(task_id)
    record = world.ended(task_id)
    assert (record["status"], record["worker"]["name"]) == ("completed", "namesake@tests")
    assert record["worker"]["lease"] != world.record(scene.tasks["namesake"])["worker"]["lease"]


def test_a_revoke_in_the_queue_is_told_by_the_result_backend(scene: Scene) -> None:
    """Any worker that hears of it notes it there; the one that would say it may never come."""
    world = scene.world
    task_id = world.send(queue="nobody")
    world.app.control.revoke(task_id)
    assert world.ended(task_id)["status"] == "cancelled"
    assert world.result(task_id)["status"] == "REVOKED"


def test_a_revoke_that_nobody_hears_changes_nothing(
    folder: Path, start_server: StartServer
) -> None:
    url = start_server().url
    late = worker("late", folder, url, concurrency=1, env=SURVIVOR)
    with contextlib.closing(World(folder, broker=url, results=url, store=url)) as world:
        task_id = world.send()
        world.app.control.revoke(task_id)
        with running(late):
            world.begun(task_id)
            world.until(task_id, status="running")
            world.go(task_id)
            assert world.ended(task_id)["status"] == "completed"


def test_the_busy_one_is_never_lost(scene: Scene) -> None:
    world = scene.world
    for queue in DEATHS:
        world.until(scene.tasks[queue], status="error")
    assert world.record(scene.tasks["busy"])["status"] == "running"
    world.gate.mark(scene.tasks["busy"], "enough")
    eventually(lambda: world.record(scene.tasks["busy"])["status"] == "completed", TIMEOUT_S)
