"""The workers' app where a message is acknowledged once its job is done, so that what a killed
worker had is delivered again. LATE_QUEUE names the queue."""

from __future__ import annotations

import os

from progress_backend.errors import StoreUnavailable
from progress_backend.flows import commands as c
from progress_backend.store.any_store import AnyStore
from progress_backend.tracking.tracker import tracker_of
from tests.waiting import eventually
from workers.app import app

options = {
    "visibility_timeout": int(os.environ["LATE_VISIBILITY_S"]),
    # A worker that is killed while it looks for messages to deliver again leaves its lock.
    "unacked_mutex_expire": 1,
}
app.conf.update(
    task_acks_late=True,
    task_default_queue=os.environ["LATE_QUEUE"],
    broker_transport_options=options if str(app.conf.broker_url).startswith("redis") else {},
)


def reach_store() -> None:
    """Connects this process to its store, however busy the machine is: a publish waits 0.2 s for
    that at most."""
    tracker = tracker_of(app)
    assert tracker is not None
    assert tracker.process is not None
    store = tracker.process.store
    eventually(lambda: reached(store), 60, what="the store answers")


def reached(store: AnyStore) -> bool:
    """Whether a store has answered within what a job waits for it."""
    try:
        store.execute(c.Tally(c.Filters()))
    except StoreUnavailable:
        return False
    return True
