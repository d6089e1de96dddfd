"""The Celery app of the storm: `build` in the test's process, `app` in workers and beat.

Broker and result backend are on CHAOS_BROKER_URL, records on CHAOS_STORE_URL. CHAOS_CANCELS says
whether a worker that loses its broker kills what it runs (Celery's default from 6.0 on).
"""

import os

from celery import Celery

from progress_backend import install
from tests.chaos import jobs

#: Seconds after which a message that no worker acknowledged is delivered again.
VISIBILITY_S = 5
LEASE_S = 2.0
REAP_INTERVAL_S = 1.0
TICK_S = 1.0


def build(
    broker: str,
    store: str,
    *,
    cancels: bool = False,
    results: bool = True,
    set_as_current: bool = False,
) -> Celery:
    """An app with the jobs, installed; without `results` it waits for none."""
    backend = broker if results else "disabled://"
    app = Celery("chaos", broker=broker, backend=backend, set_as_current=set_as_current)
    app.conf.update(
        broker_transport_options={
            "visibility_timeout": VISIBILITY_S,
            # A worker that is killed while it looks for messages to deliver again leaves its lock:
            # by itself it would keep all others from looking for five minutes.
            "unacked_mutex_expire": 2,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_track_started=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=cancels,
        beat_schedule={"tick": {"task": "tick", "schedule": TICK_S}},
        beat_max_loop_interval=0.5,
    )
    install(
        app,
        redis_url=store,
        lease_s=LEASE_S,
        reap_interval_s=REAP_INTERVAL_S,
        update_interval_s=0.2,
    )
    jobs.add(app)
    return app


if "CHAOS_BROKER_URL" in os.environ:
    app = build(
        os.environ["CHAOS_BROKER_URL"],
        os.environ["CHAOS_STORE_URL"],
        cancels="CHAOS_CANCELS" in os.environ,
        set_as_current=True,
    )
