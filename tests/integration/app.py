"""The Celery app of the integration tests: `build` in the test's process, `app` in a worker's.

Broker and result backend come from CELERY_BROKER_URL and CELERY_RESULT_BACKEND, JOBS_CONF holds
further configuration as JSON, and JOBS_WAIT_S how long a job waits for the store.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from celery import Celery

from progress_backend import install
from progress_backend.runs import writer
from tests.integration import jobs, locking, loops, resuming, shapes

CONF = {
    "task_track_started": True,
    "result_extended": True,
    "broker_connection_retry_on_startup": True,
    "worker_prefetch_multiplier": 1,
    # A worker that ends may not wait for what no client will publish.
    "worker_cancel_long_running_tasks_on_connection_loss": True,
}


def build(
    conf: Mapping[str, Any], store: str | None = None, *, set_as_current: bool = False
) -> Celery:
    """An app with the jobs, installed; its records are in `store`, or where settings say."""
    app = Celery("jobs", set_as_current=set_as_current)
    app.conf.update({**CONF, **conf})
    install(app, redis_url=store)
    locking.have_celery_progress_listen()
    jobs.add(app)
    shapes.add(app)
    loops.add(app)
    resuming.add(app)
    locking.add(app)
    return app


if "JOBS_DIR" in os.environ:
    # As `jobs_are_patient` in the tests' process: what this one runs has its record at once.
    writer.JOB_WAIT_S = float(os.environ.get("JOBS_WAIT_S", "5"))
    app = build(json.loads(os.environ.get("JOBS_CONF", "{}")), set_as_current=True)
