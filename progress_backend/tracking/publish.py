"""The value that goes through one publish."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..record.canvas import NOTHING

if TYPE_CHECKING:
    from ..record.events import Created
    from ..record.model import Member
    from .decorator import Marking
    from .tracker import Tracker


class Publish:
    """One call of `app.send_task`, and what becomes known of it."""

    __slots__ = (
        "ahead",
        "attempt",
        "created",
        "goes_on",
        "headers",
        "limit",
        "marking",
        "member",
        "producer",
        "title",
        "total",
        "tracker",
    )

    def __init__(self, tracker: Tracker, producer: Any, marking: Marking | None) -> None:
        #: Of the app that publishes: Celery's signal names the task alone, and another app of the
        #: process may have a task of that name.
        self.tracker = tracker
        self.producer = producer
        #: The task's; None where it is not tracked.
        self.marking = marking
        #: The message's headers, once they are made; they may be changed until it leaves.
        self.headers: dict[str, Any] = {}
        #: What runs after the message's own task.
        self.ahead = NOTHING
        #: The workflows that the message belongs to; None for a single task's.
        self.member: Member | None = None
        #: Whether it goes on with a canvas that was sent before: its task is planned, mostly.
        self.goes_on = False
        #: The name that the caller gives to the workflow, and how many members he expects it to
        #: have.
        self.title: str | None = None
        self.total: int | None = None
        #: The event that begins the task's record; None where none is begun.
        self.created: Created | None = None
        #: The record's attempt; 0 as far as the store has not replied. None if the id is that of a
        #: running task: its record continues whatever becomes of the message.
        self.attempt: int | None = 0
        #: The publishing job's soft time limit, if it was raised during the signal.
        self.limit: BaseException | None = None


class _Thread(threading.local):
    #: The publish that this thread is in.
    publish: Publish | None = None


current = _Thread()
