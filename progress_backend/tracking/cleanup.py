"""`progress.cleanup`: the beat task that deletes ended records after their retention."""

from __future__ import annotations

import logging
import uuid
from contextlib import closing
from typing import Any

from ..errors import SettingsError
from .tracker import Tracker

logger = logging.getLogger(__name__)
NAME = "progress.cleanup"


def add_cleanup(tracker: Tracker) -> None:
    """Registers the task and its entry in beat's schedule. A message that no worker receives within
    one interval expires."""
    app = tracker.app
    try:
        # Not the kept settings: an app may be configured further after it is finalized.
        interval_s = tracker.read_settings().cleanup_interval_s
    except SettingsError:  # tracking is off, which is logged when a task would be tracked
        return
    if NAME in app._tasks:
        return

    # Celery ships no types.
    @app.task(name=NAME, ignore_result=True, shared=False)  # type: ignore[untyped-decorator]
    def progress_cleanup() -> int:
        """Deletes the ended records that are past their retention; returns their number."""
        return cleanup(tracker)

    signature: Any = progress_cleanup.s()
    app.add_periodic_task(interval_s, signature, name=NAME, expires=interval_s)


def cleanup(tracker: Tracker) -> int:
    """Runs one cleanup; returns the number of deleted records, 0 if tracking is off."""
    if tracker.process is None:
        return 0
    from ..flows.cleanup import cleanup as flow  # not in each process that installs tracking

    with closing(tracker.open_store()) as store:
        deleted = store.run(flow(store.settings, store.measured_now(), uuid.uuid4().hex))
    if deleted:
        logger.info("Cleaned up %s old tasks", deleted)
    return deleted
