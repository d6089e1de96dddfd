"""A pool with one queue of results for all processes: on each transport without an event loop."""

import contextlib
from pathlib import Path
from typing import Any

from tests.integration.conftest import running, worker
from tests.integration.jobs import RESULTS
from tests.integration.world import World


def on_files(folder: Path) -> dict[str, Any]:
    """Configuration of a broker that is a folder."""
    for name in ("queue", "control", "results"):
        (folder / name).mkdir(parents=True)
    queue = {"data_folder_in": f"{folder}/queue", "data_folder_out": f"{folder}/queue"}
    options = {**queue, "control_folder": f"{folder}/control", "polling_interval": 0.1}
    return {"broker_transport_options": options}


def test_the_pool_goes_on_after_hard_time_limits(folder: Path, url: str) -> None:
    """A process that ends writes into that queue, and gets SIGTERM once its parent has read it."""
    conf = on_files(folder)
    env = {
        "CELERY_BROKER_URL": "filesystem://",
        "CELERY_RESULT_BACKEND": f"file://{folder}/results",
    }
    shared = worker("shared", folder, url, concurrency=4, conf=conf, env=env)
    world = World(folder, broker="filesystem://", results=None, store=url, conf=conf)
    with running(shared), contextlib.closing(world):
        limited = [world.send("hangs", time_limit=0.5) for _ in range(12)]
        for task_id in limited:
            assert world.ended(task_id)["status"] == "error"
        after = world.send()
        world.go(after)
        assert world.ended(after)["results"] == RESULTS
