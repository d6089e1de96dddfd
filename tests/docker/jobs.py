"""The jobs, and the worker's app: celery -A tests.docker.jobs worker. Runs inside a container."""

from __future__ import annotations

import os
import time
from typing import Any

import redis
from celery import Celery, Task

from progress_backend import ProgressNotifier, install, progress_task

CONF = {
    "task_track_started": True,
    "result_extended": True,
    "broker_connection_retry_on_startup": True,
    "worker_prefetch_multiplier": 1,
}
TOTAL = 4
#: Longest that a job waits to be told to go on.
GATE_S = 120.0


def store_of(results: str) -> str:
    """Where the records are: another database of the server that holds the results."""
    return results.rpartition("/")[0] + "/3"


def gate(task_id: str) -> str:
    """The key that lets a job go on; it lies in the results' database."""
    return f"go:{task_id}"


def add(app: Celery, **settings: Any) -> Celery:
    """Registers them and has them tracked; `settings` are install's."""
    install(app, **settings)

    @app.task(bind=True, name="halting", shared=False)
    @progress_task(task_type="halting", total_items=TOTAL)
    def halting(self: Task, outcome: str = "return") -> dict[str, int]:
        """Half the way, a wait for its gate, the other half, and its end."""
        progress = ProgressNotifier(self)
        progress.update(TOTAL // 2, TOTAL, "half way")
        with redis.Redis.from_url(self.app.conf.result_backend) as server:
            deadline = time.monotonic() + GATE_S
            while not server.exists(gate(self.request.id)):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"nobody let me go on within {GATE_S:g} s")
                time.sleep(0.05)
        if outcome != "return":
            raise ValueError(outcome)
        progress.update(TOTAL, TOTAL, "done")
        return {"records_saved": TOTAL}

    return app


# Told by the variable that only a worker has.
if "JOBS_WORKER" in os.environ:
    app = Celery("jobs")
    app.conf.update(
        CONF,
        broker_url=os.environ["CELERY_BROKER_URL"],
        result_backend=os.environ["CELERY_RESULT_BACKEND"],
    )
    add(app)
