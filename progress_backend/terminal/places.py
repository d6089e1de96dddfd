"""Places of the waiting tasks that `watch` shows, read again each second."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any, Final

from ..flows import commands as c
from ..flows.flow import Flow
from ..record import past_runs, waiting
from ..record.default_texts import Locale
from ..record.model import Task
from ..record.past_runs import History
from . import formats
from .remaining import starting

#: Seconds for which places are not read again.
_FRESH_S: Final = 1.0

#: `ahead` and `start_estimate` of tasks by their ids.
Places = Mapping[str, Mapping[str, Any]]


class Placed:
    """Adds their places to the first waiting tasks of a view, `most` of them."""

    def __init__(self, read: Callable[[Sequence[Task]], Places], most: int) -> None:
        self._read = read
        self._most = most
        self._known: Places = {}
        self._until = 0.0

    def of(self, tasks: Sequence[Task]) -> tuple[Task, ...]:
        """The tasks; those that wait with their places.

        Raises:
            StoreUnavailable: what is read from does not answer.
        """
        waits = [task for task in tasks if waiting.of_task(task) is not None][: self._most]
        if not waits:
            return tuple(tasks)
        if self._until <= monotonic():
            self._known = self._read(waits)
            self._until = monotonic() + _FRESH_S
        wait = {task.task_id for task in waits}
        return tuple(
            replace(task, unknown={**task.unknown, **self._known[task.task_id]})
            if task.task_id in wait and task.task_id in self._known
            else task
            for task in tasks
        )


def places(tasks: Sequence[Task]) -> Flow[Places]:
    """The places of tasks that wait, from a store."""
    asked = {task.task_id: waiting.of_task(task) for task in tasks}
    queued = tuple(one for one in asked.values() if one is not None)
    counts: list[int | None] = yield c.Before(queued)
    histories: dict[str, History] = {}
    found: dict[str, Mapping[str, Any]] = {}
    for one, ahead in zip(queued, counts, strict=True):
        if ahead is None:
            continue
        if one.task_type not in histories:
            runs: tuple[c.PastRun, ...] = yield c.RunsOf(one.task_type)
            histories[one.task_type] = past_runs.history(runs)
        start = waiting.start(one, ahead, histories[one.task_type])
        found[one.task_id] = {"ahead": ahead, "start_estimate": start}
    return found


def said(task: Task, now: datetime | None, locale: Locale) -> str:
    """A task's message; of a waiting one also when it is likely to start, and its place."""
    message = formats.message_of(task, locale, now)
    if now is None or task.unknown.get("ahead") is None:
        return message
    place = starting({"start_estimate": None, **task.unknown}, now, locale)
    return f"{message} ({place})" if message else place
