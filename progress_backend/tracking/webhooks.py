"""`progress.webhooks`: the beat task that sends the events of webhooks, where targets are
configured."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import Any, Final

from ..errors import SettingsError
from ..store.outage_log import OneAMinute
from ..targets import targets_of
from ..webhooks.delivery import missing
from ..webhooks.sender import Sender
from .tracker import Tracker

logger = logging.getLogger(__name__)

NAME: Final = "progress.webhooks"
#: Seconds between two runs of the task, and for which one takes events at most.
INTERVAL_S: Final = 10.0
_SENDS_S: Final = 9.0
_log = OneAMinute()


def add_webhooks(tracker: Tracker) -> None:
    """Adds the task and its entry in beat's schedule, where targets are configured; a run that is
    late expires after an interval."""
    app = tracker.app
    try:
        if targets_of(tracker.read_settings()) is None:
            return
    except SettingsError:  # tracking is off, which is logged when a task would be tracked
        return
    if NAME in app._tasks:
        return

    # Celery ships no types.
    @app.task(name=NAME, ignore_result=True, shared=False)  # type: ignore[untyped-decorator]
    def progress_webhooks() -> None:
        """Sends the webhook events that are due."""
        send(tracker)

    signature: Any = progress_webhooks.s()
    app.add_periodic_task(INTERVAL_S, signature, name=NAME, expires=INTERVAL_S)


def send(tracker: Tracker, seconds: float = _SENDS_S) -> None:
    """Sends the events that are due, for so many seconds at most; none where tracking is off."""
    if tracker.process is None or (targets := targets_of(tracker.settings)) is None:
        return
    if absent := missing(targets()):
        if _log.passes():
            logger.error("%s", "; ".join(absent))
        return
    with closing(tracker.open_store()) as store:
        Sender(store, targets).drain(seconds)
