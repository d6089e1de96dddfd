"""Beat alone finds the runs of dead workers, reads the result backend first, and ends no others."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import end
from tests.integration.conftest import beat, running, worker
from tests.integration.jobs import RESULTS
from tests.integration.world import TIMEOUT_S, World
from tests.servers import Server
from tests.waiting import eventually

pytestmark = pytest.mark.chaos

LEASE = {"PROGRESS_LEASE_S": "3"}
# The workers look too seldom to find anything.
WORKERS = {**LEASE, "PROGRESS_REAP_INTERVAL_S": "600"}
BEAT = {**LEASE, "PROGRESS_REAP_INTERVAL_S": "1"}
#: Workers that live, with jobs that report nothing for longer than a lease.
SILENT = ("prefork", "gevent")


@pytest.fixture(scope="module")
def scene(folder: Path, url: str, store: Server) -> Iterator[tuple[World, dict[str, str]]]:
    """What became of all workers' jobs before beat was started; the tasks by what they are."""
    env = {**WORKERS, "PROGRESS_REDIS_URL": store.url}
    dead, frozen = (
        worker(name, folder, url, concurrency=4, env=env, args=("-Q", name))
        for name in ("dead", "frozen")
    )
    silent = [
        worker(pool, folder, url, pool=pool, concurrency=1, env=env, args=("-Q", pool))
        for pool in SILENT
    ]
    with running(dead, frozen, *silent):
        with contextlib.closing(World(folder, broker=url, results=url, store=store.url)) as world:
            tasks = {
                "lost": world.send(queue="dead"),
                "had returned": world.send(queue="dead"),
                "had raised": world.send("raises", queue="dead"),
                "frozen": world.send("updates", queue="frozen"),
                **{pool: world.send("spins", queue=pool) for pool in SILENT},
            }
            for task_id in tasks.values():
                world.begun(task_id)
                world.until(task_id, status="running", current_status="half way")
            world.go(tasks["frozen"])
            for pool in SILENT:
                world.go(tasks[pool])
                world.went(tasks[pool])
            end_unrecorded(world, store, tasks["had returned"], tasks["had raised"])
            dead.kill()
            os.killpg(frozen.pid, signal.SIGSTOP)
            store.resume()
            reaper = beat(folder, url, {**env, **BEAT})
            try:
                reaper.start(ready="beat: Starting")
                yield world, tasks
            finally:
                for pool in SILENT:
                    world.gate.mark(tasks[pool], "enough")
                end([reaper])


def end_unrecorded(world: World, store: Server, *task_ids: str) -> None:
    """The jobs end while the store hangs: only the result backend receives it."""
    store.pause()
    for task_id in task_ids:
        world.go(task_id)
        # Called before the next turn.
        eventually(lambda: world.result(task_id)["status"] in ("SUCCESS", "FAILURE"))  # noqa: B023


def test_a_run_of_a_dead_worker_is_lost(scene: tuple[World, dict[str, str]]) -> None:
    world, tasks = scene
    record = world.ended(tasks["lost"])
    assert (record["status"], record.get("error_cause")) == ("error", "lost")
    assert record["error_message"] == "ワーカー dead@tests が応答しなくなりました"
    assert record["progress"]["current"] == 1


def test_an_end_that_only_the_result_backend_knows_is_adopted(
    scene: tuple[World, dict[str, str]],
) -> None:
    world, tasks = scene
    record = world.ended(tasks["had returned"])
    assert (record["status"], record["results"]) == ("completed", RESULTS)
    record = world.ended(tasks["had raised"])
    assert (record["status"], record.get("error_cause")) == ("error", "exception")
    assert record["error_message"] == "ValueError: no such symbol"


def test_a_silent_job_of_a_living_worker_is_not_lost(scene: tuple[World, dict[str, str]]) -> None:
    """Looked at when those of the dead one are: they were silent for as long."""
    world, tasks = scene
    world.until(tasks["lost"], status="error")
    world.until(tasks["frozen"], status="error")
    for pool in SILENT:
        record = world.record(tasks[pool])
        assert record["status"] == "running", record
        world.gate.mark(tasks[pool], "enough")
        assert world.ended(tasks[pool])["results"] == RESULTS


def test_a_lost_run_that_reports_again_makes_its_record_running(
    scene: tuple[World, dict[str, str]],
) -> None:
    world, tasks = scene
    task_id = tasks["frozen"]
    record = world.until(task_id, status="error")
    assert record.get("error_cause") == "lost"
    os.killpg(os.getpgid(world.gate.pids(task_id, "began")[0]), signal.SIGCONT)
    record = world.until(task_id, TIMEOUT_S, status="running")
    assert (record["attempt"], record["error_message"]) == (1, None)
    world.gate.mark(task_id, "enough")
    assert world.ended(task_id)["results"] == RESULTS
