"""Tasks that are coroutines, under a pool that runs them in an event loop of asyncio."""

import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from progress_backend import RedisProgressService
from tests.servers import ROOT
from tests.waiting import aeventually

MODULE = """
import asyncio, os, pathlib
from celery import Celery
from progress_backend import ProgressNotifier, install
app = Celery("asynchronous", broker=os.environ["STORE"], backend=os.environ["STORE"])
install(app, track="all", locale="en", update_interval_s=0.1)

@app.task(bind=True)
async def rows(self, count, left):
    progress = ProgressNotifier(self)
    try:
        for _ in progress.track(range(count)):
            await asyncio.sleep(0.02)
    finally:
        pathlib.Path(left).touch()
    if count == 1:
        raise LookupError("no row")
    return {"rows": count}
"""


@pytest.mark.parametrize(
    ("count", "status"), [(20, "completed"), (1, "error"), (100_000, "cancelled")]
)
async def test_a_coroutines_run_counts_and_ends(
    start_service: Any, tmp_path: Path, redis_url: str, count: int, status: str
) -> None:
    (tmp_path / "asynchronous.py").write_text(MODULE)
    celery = [sys.executable, "-m", "celery", "-A", "asynchronous"]
    env = {
        "STORE": redis_url,
        "PYTHONPATH": str(ROOT),
        "CELERY_CUSTOM_WORKER_POOL": "celery_aio_pool.pool:AsyncIOPool",
    }
    start_service(
        [*celery, "worker", "--pool", "custom", "-c", "2", "-l", "INFO"],
        cwd=tmp_path, env=env, ready=r"(?m) ready\.$",
    )  # fmt: skip
    left = tmp_path / "left"
    task_id = "the-task"
    publisher = Celery(broker=redis_url)
    publisher.send_task("asynchronous.rows", (count, str(left)), task_id=task_id)
    async with RedisProgressService(redis_url) as service:

        async def reached(wanted: str, least: int = 0) -> dict[str, Any] | None:
            found = await service.get_task_status(task_id)
            is_there = found is not None and found["status"] == wanted
            return found if is_there and found["progress"]["current"] >= least else None

        if status == "cancelled":
            await aeventually(lambda: reached("running", 2))
            await service.cancel_task(task_id)
        record = await aeventually(lambda: reached(status))
    await aeventually(left.exists)
    assert record["error_message"] == ("LookupError: no row" if status == "error" else None)
    if status == "completed":
        assert (record["progress"]["current"], record["results"]) == (count, {"rows": count})
