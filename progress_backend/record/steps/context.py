"""What a step is, and what it uses besides the task and the event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from .. import events as ev
from ..default_texts import Locale
from ..local_time import in_milliseconds
from ..model import Task, replace


class Context(NamedTuple):
    """What a step uses besides the task and the event."""

    now: datetime
    locale: Locale
    task_id: str
    lease_s: float
    #: The event's time by the store's clock, which may be before `now`: a record's times never go
    #: back.
    at: datetime


#: Clocks that differ by less count as equal where the times of two processes are compared.
SKEW: Final = timedelta(seconds=1)
#: The empty task that a first record is copied from; copying costs a fifth of making a Task.
NOTHING = Task(task_id="", task_type="")

Step = Callable[[Task, Any, Context], Task]


def same(task: Task, event: ev.Event, context: Context) -> Task:
    return task


def instant(time: datetime | None, context: Context) -> datetime | None:
    """A time in milliseconds and in the record's zone, as it is recorded."""
    return None if time is None else in_milliseconds(time.astimezone(context.now.tzinfo))


def name(text: str) -> str:
    """A name in valid UTF-8, without half surrogates, since names are part of Redis keys."""
    return text.encode("utf-8", "replace").decode()


def reopened(task: Task) -> Task:
    """The task without its end, and without a time until which its message may come again."""
    ended = task.completed_at, task.error_message, task.error_cause, task.again_until
    if ended == (None, None, None, None):
        return task
    return replace(task, completed_at=None, error_message=None, error_cause=None, again_until=None)
