"""A file that a worker and beat touch at each of their turns: a container's health check looks at
its age, which costs no Celery process of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import signals
from celery.beat import PersistentScheduler

#: Names the file; without it none is touched.
VARIABLE = "ALIVE_FILE"


def touch(**_: Any) -> None:
    """This process has its turn."""
    if path := os.environ.get(VARIABLE):
        Path(path).touch()


def connect() -> None:
    """From now on each of a worker's heartbeats is a turn: its main process sends them each two
    seconds while it has its broker."""
    signals.heartbeat_sent.connect(touch, weak=False, dispatch_uid="alive")


class Beat(PersistentScheduler):  # type: ignore[misc]  # celery is untyped
    """Each of beat's looks at its schedule is a turn."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Sends what is due; the seconds until the next look."""
        seconds: float = super().tick(*args, **kwargs)
        touch()
        return seconds
