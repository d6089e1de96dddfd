"""A file that a Celery worker and beat touch while they work: a container's health check reads its
age, which costs no Celery process of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import signals
from celery.beat import PersistentScheduler

#: Names the file; without it none is touched.
VARIABLE = "ALIVE_FILE"


def touch(**_: Any) -> None:
    """Sets the file's age to 0."""
    if path := os.environ.get(VARIABLE):
        Path(path).touch()


def connect() -> None:
    """Touches the file at each of a worker's heartbeats (`heartbeat_sent`): its main process sends
    one every two seconds while it has its broker."""
    signals.heartbeat_sent.connect(touch, weak=False, dispatch_uid="alive")


class Beat(PersistentScheduler):  # type: ignore[misc]  # celery is untyped
    """Celery's persistent scheduler, which touches the file at each tick."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Sends the tasks that are due; returns the seconds until the next tick."""
        seconds: float = super().tick(*args, **kwargs)
        touch()
        return seconds
