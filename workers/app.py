"""The Celery application: celery -A workers.app worker|beat|flower."""

from __future__ import annotations

import logging
import os
from typing import Final

from celery import Celery

from progress_backend import install
from progress_backend.settings import Settings
from workers import alive

STORE_URL: Final = os.environ.get("PROGRESS_REDIS_URL") or "redis://127.0.0.1:6379/0"
BROKER_URL: Final = os.environ.get("CELERY_BROKER_URL") or STORE_URL
#: Celery keeps nothing on a Redis Cluster.
RESULTS_URL: Final = BROKER_URL if Settings(redis_url=STORE_URL).clustered else STORE_URL

# httpx's line for each request would bury the jobs' own lines.
logging.getLogger("httpx").setLevel(logging.WARNING)

app = Celery("workers", include=["workers.tasks", "workers.workflows"])
app.conf.update(
    broker_url=BROKER_URL,
    result_backend=os.environ.get("CELERY_RESULT_BACKEND") or RESULTS_URL,
    broker_connection_retry_on_startup=True,
    result_extended=True,
    # Without it Celery gives a job's result up if the backend is away at its end.
    result_backend_always_retry=True,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_track_started=True,
    # Events for Flower, of the publishers and the worker, without the worker's -E.
    task_send_sent_event=True,
    worker_send_task_events=True,
    # Jobs run for seconds to hours: a child that is busy must not hold back the next ones.
    worker_prefetch_multiplier=1,
    timezone="Asia/Tokyo",
)
install(app)
alive.connect()
