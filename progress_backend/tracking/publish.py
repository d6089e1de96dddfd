"""The state of one publish, from `send_task` through Celery's signal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..record.canvas import NOTHING

if TYPE_CHECKING:
    from ..flows.stored_record import Applied
    from ..record.events import Created
    from ..record.model import Member
    from .decorator import Marking
    from .tracker import Tracker


class Publish:
    """One call of `app.send_task`; the signal's handlers set what they learn about it."""

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
        "serializer",
        "title",
        "total",
        "tracker",
    )

    def __init__(self, tracker: Tracker, producer: Any, marking: Marking | None) -> None:
        #: Of the app that publishes: Celery's signal has only the task's name, and another app of
        #: the process may have a task of that name.
        self.tracker = tracker
        self.producer = producer
        #: The serializer that the caller or the task has named; None: the app's.
        self.serializer: str | None = None
        #: The task's; None where it is not tracked.
        self.marking = marking
        #: The message's headers, once they are made; they may be changed until it leaves.
        self.headers: dict[str, Any] = {}
        #: The tasks that run after the message's own task.
        self.ahead = NOTHING
        #: The workflows that the message belongs to; None for a single task's.
        self.member: Member | None = None
        #: Whether the message continues a started canvas; its task mostly has a planned record.
        self.goes_on = False
        #: The workflow's name, and its expected number of members, as given by the caller.
        self.title: str | None = None
        self.total: int | None = None
        #: The event that creates the task's record; None if no record is created.
        self.created: Created | None = None
        #: The record's attempt; 0 until the store has replied. None if the task of this id runs
        #: now: its record continues even if the publish fails.
        self.attempt: int | None = 0
        #: The publishing job's soft time limit, if it was raised during the signal.
        self.limit: BaseException | None = None


class _ThreadPublish(threading.local):
    #: The publish that this thread is in.
    publish: Publish | None = None
    #: The record that this process has made of the task which the thread publishes.
    made: Applied | None = None


current = _ThreadPublish()


def publish_created(task: Any, args: Any, kwargs: Any, options: Any, made: Applied) -> Applied:
    """Publishes a task with a record that this process has made; returns the record after it."""
    current.made = made
    try:
        task.apply_async(args, kwargs, **options)
        return current.made
    finally:
        current.made = None
