"""Any broker and any result backend: the record is the same."""

import contextlib
from pathlib import Path

import pytest

from tests.integration.conftest import running, worker
from tests.integration.jobs import RESULTS
from tests.integration.world import World
from tests.waiting import eventually


@pytest.mark.parametrize("backend", ["rpc://", "disabled://"])
def test_the_record_does_not_depend_on_where_results_are_kept(
    folder: Path, url: str, backend: str
) -> None:
    keeps = backend == "rpc://"
    # Of two states that follow one another rpc:// loses the newer one where it is read in between.
    conf = {"task_default_queue": backend[:-3], "task_track_started": False}
    env = {"CELERY_RESULT_BACKEND": backend}
    world = World(folder, broker=url, results=backend, store=url, conf=conf)
    with (
        running(worker(backend[:-3], folder, url, concurrency=1, conf=conf, env=env)),
        contextlib.closing(world),
    ):
        task_id = world.send()
        world.begun(task_id)
        record = world.until(task_id, status="running", current_status="half way")
        assert record["progress"] == {"current": 1, "total": 4, "percentage": 25}
        if keeps:
            eventually(lambda: world.result(task_id)["status"] == "PROGRESS")
            assert world.result(task_id)["result"]["percent"] == 25
        world.go(task_id)
        record = world.ended(task_id)
        assert (record["status"], record["results"]) == ("completed", RESULTS)
        if keeps:
            eventually(lambda: world.result(task_id)["status"] == "SUCCESS")
