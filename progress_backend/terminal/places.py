"""Places of the waiting tasks that `watch` shows, read again each second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Final

from ..record import waiting
from ..record.default_texts import Locale
from ..record.model import Task
from . import formats
from .remaining import starting
from .source import Source

#: Waiting tasks of a list that have their places, each by a read of its own.
_MOST: Final = 10
#: Seconds for which places are not read again.
_FRESH_S: Final = 1.0


class Places:
    """Adds their places to the first waiting tasks of a list's rows."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[str, bytes] = {}
        self._until = 0.0

    def of(self, tasks: Sequence[Task]) -> tuple[Task, ...]:
        """The tasks; those that wait with their places.

        Raises:
            StoreUnavailable: what is read from does not answer.
        """
        waits = [task.task_id for task in tasks if waiting.of_task(task) is not None][:_MOST]
        if waits and self._until <= monotonic():
            bodies = {task_id: self._source.task(task_id) for task_id in waits}
            self._known = {task_id: body for task_id, body in bodies.items() if body is not None}
            self._until = monotonic() + _FRESH_S
        return tuple(
            placed(task, self._known[task.task_id])
            if task.task_id in waits and task.task_id in self._known
            else task
            for task in tasks
        )


def placed(task: Task, body: bytes) -> Task:
    """A task with the place that a body of it has while it waits."""
    found = json.loads(body)
    if found.get("ahead") is None:
        return task
    place = {name: found.get(name) for name in ("ahead", "start_estimate")}
    return replace(task, unknown={**task.unknown, **place})


def said(task: Task, now: datetime | None, locale: Locale) -> str:
    """A task's message; of a waiting one also when it is likely to start, and its place."""
    message = formats.message_of(task, locale, now)
    if now is None or task.unknown.get("ahead") is None:
        return message
    place = starting({"start_estimate": None, **task.unknown}, now, locale)
    return f"{message} ({place})" if message else place
