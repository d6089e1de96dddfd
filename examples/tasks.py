"""The job that each example shows."""

import os
import time

from celery import Celery

from progress_backend import ProgressNotifier, install, progress_task

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
app = install(Celery("tasks", broker=REDIS, backend=REDIS))


@app.task(bind=True)
@progress_task(task_type="export", symbol=lambda name: name)
def export(self, name, rows=40):
    for _ in ProgressNotifier(self).track(range(rows)):
        time.sleep(0.05)  # write one row
    return {"rows": rows}
