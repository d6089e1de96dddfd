"""The call of `app.send_task` that a thread is in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..record.canvas import Embed
    from ..record.events import Identity
    from .group_records import Batch


class SendCall:
    """One call of `app.send_task`."""

    __slots__ = ("ahead", "app", "attempt", "batch", "identity", "limit", "producer", "runs")

    def __init__(self, app: Any, producer: Any) -> None:
        #: The app that publishes: Celery's signal names the task alone, and another app of the
        #: process may have a task of that name.
        self.app = app
        self.producer = producer
        #: The producer, if it keeps the message, with others, until their records are begun
        #: together.
        self.batch: Batch | None = None
        #: Whether the id is that of a running task, whose record goes on whatever becomes of the
        #: message.
        self.runs = False
        #: The identity of the record, once it is known.
        self.identity: Identity | None = None
        #: The record's attempt, as far as the store has replied.
        self.attempt = 0
        #: What runs after the task, where records of it are planned.
        self.ahead: Embed | None = None
        #: The publishing job's soft time limit, if it was raised during the signal.
        self.limit: BaseException | None = None


class _Thread(threading.local):
    #: The call that this thread is in.
    call: SendCall | None = None


current = _Thread()


def interrupted(limit: BaseException) -> None:
    """Makes the publish in this thread raise a soft time limit after it is done."""
    if (call := current.call) is not None:
        call.limit = limit
