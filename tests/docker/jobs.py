"""A worker's app with its job: celery -A tests.docker.jobs worker, in a container."""

import os
import time
from typing import Any

import redis
from celery import Celery, Task

from progress_backend import ProgressNotifier, install, progress_task

TOTAL = 4
#: Longest that a job waits for its key.
GATE_S = 120.0


def store_of(results: str) -> str:
    """The records' database, on the server of the results."""
    return results.rpartition("/")[0] + "/3"


def gate(task_id: str) -> str:
    """The key with which a job continues; it is in the results' database."""
    return f"go:{task_id}"


def add(app: Celery, **settings: Any) -> Celery:
    """Registers and tracks the job; `settings` are those of install."""
    app.conf.update(broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1)
    install(app, **settings)

    @app.task(bind=True, name="halting", shared=False)
    @progress_task(task_type="halting", total_items=TOTAL)
    def halting(self: Task) -> dict[str, int]:
        progress = ProgressNotifier(self)
        progress.update(TOTAL // 2, TOTAL, "half way")
        with redis.Redis.from_url(self.app.conf.result_backend) as server:
            deadline = time.monotonic() + GATE_S
            while not server.exists(gate(self.request.id)):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"its key was not there within {GATE_S:g} s")
                time.sleep(0.05)
        progress.update(TOTAL, TOTAL, "done")
        return {"records_saved": TOTAL}

    return app


if "JOBS_WORKER" in os.environ:  # only a container has it
    app = Celery(
        "jobs", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"]
    )
    add(app)
