"""A worker with PROGRESS_ENABLED=0 runs the jobs of a publisher that tracks them, as without the
library."""

import contextlib
from pathlib import Path

from tests.conftest import flushed
from tests.integration.conftest import running, worker
from tests.integration.control import Control
from tests.integration.jobs import RESULTS
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually


def test_nothing_is_recorded_and_no_control_reaches_a_job(
    tmp_path: Path, session_redis_url: str
) -> None:
    url = flushed(session_redis_url)
    off = worker("prefork", tmp_path, url, env={"PROGRESS_ENABLED": "0"})
    tests = World(tmp_path, broker=url, results=url, store=url)
    with running(off), contextlib.closing(tests) as world:
        task_id, logging_job = (
            world.send("updates"),
            str(world.app.tasks["writing_lines"].delay(2, "go").id),
        )
        for each in (task_id, logging_job):
            world.until(each, status="created")
        world.begun(task_id)
        world.go(task_id)
        world.went(task_id)
        Control(url).cancel(task_id)
        world.until(task_id, status="cancelled")
        world.go(logging_job)
        eventually(lambda: world.result(logging_job)["status"] == "SUCCESS", TIMEOUT_S)
        assert world.result(task_id)["status"] == "STARTED"
        world.gate.mark(task_id, "enough")
        eventually(lambda: world.result(task_id)["status"] == "SUCCESS", TIMEOUT_S)
        assert world.result(task_id)["result"] == RESULTS
        assert world.record(logging_job)["status"] == "created"
        assert world.store.exists("progress_leases", f"progress_log:{logging_job}") == 0
    lines = [line for line in off.log.splitlines() if "WARNING" in line and "progress" in line]
    assert len(lines) == 1
    assert "progress tracking is off: PROGRESS_ENABLED is 0" in lines[0]
