"""`progress.cleanup`: the beat task that deletes ended records after their retention."""

from __future__ import annotations

import uuid
from contextlib import closing
from typing import Any

from ..errors import SettingsError
from .tracker import Tracker

NAME = "progress.cleanup"


def add_cleanup(tracker: Tracker) -> None:
    """Registers the task and its place in beat's schedule; a missed turn expires with its hour."""
    app = tracker.app
    try:
        # Not kept: an app may be configured further after it is complete.
        interval_s = tracker.read_settings().cleanup_interval_s
    except SettingsError:  # tracking is off, which is said when a task would be tracked
        return
    if NAME in app._tasks:
        return

    # Celery ships no types.
    @app.task(name=NAME, ignore_result=True, shared=False)  # type: ignore[untyped-decorator]
    def progress_cleanup() -> int:
        """Deletes what is due; how many records went."""
        return cleanup(tracker)

    signature: Any = progress_cleanup.s()
    app.add_periodic_task(interval_s, signature, name=NAME, expires=interval_s)


def cleanup(tracker: Tracker) -> int:
    """One pass, now; 0 where tracking is off."""
    if tracker.process is None:
        return 0
    with closing(tracker.open_store()) as store:
        store.ready()
        return store.run(store.flows.cleanup(store.now(), uuid.uuid4().hex))
