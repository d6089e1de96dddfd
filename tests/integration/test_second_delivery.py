"""A message that comes again without a mark that it does: Celery's end is the record's."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.integration.conftest import running, worker
from tests.integration.jobs import RESULTS
from tests.integration.test_backends import on_files
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("order", ["12", "21"])
@pytest.mark.parametrize("job", ["job", "job_late"])
def test_of_two_runs_at_once_the_success_stands(world: World, job: str, order: str) -> None:
    """As where a visibility timeout passes; the second run fails, before the first or after it."""
    task_id = world.send("one_of_two_raises", job=job)
    world.begun(task_id)
    world.duplicate(task_id, job, ["one_of_two_raises", None])
    world.begun(task_id, runs=2)
    world.until(task_id, status="running", attempt=2)
    world.go(task_id)
    # Celery looks at a result before it writes one: what the second run says of itself is awaited,
    # or it could take the place of the first one's return.
    eventually(
        lambda: (world.result(task_id)["result"] or {}).get("description") == "run 2", TIMEOUT_S
    )
    world.gate.mark(task_id, f"enough{order[0]}")
    state = "SUCCESS" if order == "12" else "FAILURE"
    eventually(lambda: world.result(task_id)["status"] == state, TIMEOUT_S)
    if state == "FAILURE":
        world.until(task_id, status="error")
    world.gate.mark(task_id, f"enough{order[1]}")
    record = world.until(task_id, status="completed", results={"run": 1})
    assert (record["attempt"], record["error_message"]) == (2, None)


def test_a_hard_time_limit_after_which_a_folder_has_the_message_again(
    folder: Path, url: str
) -> None:
    conf = {**on_files(folder / "files")}
    env = {"CELERY_BROKER_URL": "filesystem://"}
    victim = worker("on_files", folder, url, concurrency=1, conf=conf, env=env)
    world = World(folder, broker=env["CELERY_BROKER_URL"], results=url, store=url, conf=conf)
    with running(victim), contextlib.closing(world):
        task_id = world.send("hangs", job="job_given_back", time_limit=2)
        world.go(task_id)
        world.went(task_id, runs=2)
        world.gate.mark(task_id, "enough")
        record = world.until(task_id, status="completed", results=RESULTS)
        assert (record["attempt"], world.result(task_id)["status"]) == (2, "SUCCESS")
        told = ["created", "started", "ended", "redelivered", "started", "ended"]
        assert world.happened(task_id) == told
        victim.kill()  # such a pool takes seconds for its shutdown
