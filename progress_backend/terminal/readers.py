"""What is watched, read again and again until it has ended: tasks by their ids, a list, or a
workflow with its members."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from msgspec import to_builtins

from ..errors import (
    ForeignValue,
    InvalidEvent,
    SettingsError,
    StoreUnavailable,
    TaskNotFound,
    WorkflowNotFound,
)
from ..record import reader_view
from ..record.list_request import ListRequest
from ..record.model import TaskStatus
from ..record.sort import NEWEST, RUNNING
from .rows import RecordRow, View
from .source import Body, Source

#: Rows that are read at most; and failed members that are shown before the others, the newest.
SHOWN, _FAILED = 50, 20
#: Seconds for which a store or an API that does not answer is asked again, and for which a record
#: that is gone may come back: a job writes its record again where the store has lost it.
AWAY_S: Final = 60.0


class Reader(ABC):
    """Reads views; while nothing answers, or a record is gone, the last one stays."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last = View()

    def read(self, status: str = "") -> View:
        """What is watched as it is now; of a list or workflow the tasks with this status, "" for
        any.

        Raises:
            TaskNotFound: what is named has never had a record.
            SettingsError: an API does not know the token, or does not let it read them.
        """
        try:
            view = self._read(status)
        except (StoreUnavailable, TaskNotFound) as error:
            if isinstance(error, TaskNotFound) and not self._last.rows:
                raise
            return replace(self._last, trouble=error)
        self._last = replace(view, at=self._source.now(), trouble=None)
        return self._last

    @abstractmethod
    def _read(self, status: str) -> View: ...


class TasksReader(Reader):
    """Reads tasks by their ids."""

    def __init__(self, source: Source, task_ids: Sequence[str]) -> None:
        super().__init__(source)
        self._ids = task_ids

    def _read(self, status: str) -> View:
        # A record that is gone was cleaned up: its last version stays on the screen.
        shown, lost = {task.task_id: task for task in self._last.tasks}, list[str]()
        for task_id in self._ids:
            try:
                body = self._source.task(task_id)
            except ForeignValue as error:  # the others are shown all the same
                shown[task_id] = _unreadable(task_id, error)
                continue
            if body is not None:
                shown[task_id] = RecordRow.of(body)
            elif task_id not in shown:
                raise TaskNotFound(task_id)
            elif not shown[task_id].is_over(confirmed=True):
                lost.append(task_id)
        if lost and lost == [i for i in self._ids if not shown[i].is_over(confirmed=True)]:
            raise TaskNotFound(lost[0])  # nothing else goes on
        shown |= {task_id: _unreadable(task_id, TaskNotFound(task_id)) for task_id in lost}
        return View(tuple(shown[i] for i in self._ids), total=len(shown))


def _unreadable(task_id: str, error: Exception) -> RecordRow:
    record = reader_view.marked(task_id, str(error))
    record.final = True  # nothing more is known of it
    return RecordRow.of(to_builtins(record))


class ListReader(Reader):
    """Reads the newest tasks that pass a request's filters, those that run before the others; with
    `top` a workflow is one row in its tasks' place."""

    def __init__(self, source: Source, asked: ListRequest) -> None:
        super().__init__(source)
        self._asked = asked if asked.status else replace(asked, sort=RUNNING)

    def _read(self, status: str) -> View:
        asked = self._asked
        if status:  # by which no workflow is listed
            asked = replace(asked, status=status, top=False, sort=NEWEST)
        try:
            page = self._source.tasks(asked)
        except (SettingsError, InvalidEvent):
            if not asked.top and asked.sort == NEWEST:
                raise
            # The token reads a part of the tasks: no workflow is whole in it, or it has no index.
            sort = RUNNING if asked.top else NEWEST
            self._asked = replace(self._asked, top=False, sort=sort)
            return self._read(status)
        rows = [*map(RecordRow.of, page["tasks"])]
        return View(tuple(rows[: asked.limit]), _counts(page, rows), page["pagination"]["total"])


def _counts(page: Body, rows: Sequence[RecordRow]) -> dict[str, int]:
    """A list's summary, in which a listed task that still runs counts as running."""
    counts: dict[str, int] = page["summary"]
    for row in rows:
        # The summary counts tasks; it is null to a token that reads a part of them.
        if row.still_runs and not row.workflow_id and counts[row.status]:
            counts[row.status] -= 1
            counts[TaskStatus.RUNNING] += 1
    return counts


class WorkflowReader(Reader):
    """Reads a workflow, and its members: those that failed first, then those that run."""

    def __init__(self, source: Source, workflow_id: str) -> None:
        super().__init__(source)
        self._workflow_id = workflow_id
        self._asked = ListRequest(workflow_id=workflow_id, limit=SHOWN)

    def _read(self, status: str) -> View:
        body = self._source.workflow(self._workflow_id)
        if body is None:
            raise WorkflowNotFound(self._workflow_id)
        asked = self._asked
        page = self._source.tasks(
            replace(asked, status=status) if status else replace(asked, sort=RUNNING)
        )
        tasks = rows = [*map(RecordRow.of, page["tasks"])]
        if not status:
            failed = replace(asked, status=TaskStatus.ERROR, limit=_FAILED)
            tasks = [*map(RecordRow.of, self._source.tasks(failed)["tasks"]), *rows]
        shown = tuple({row.task_id: row for row in tasks}.values())[:SHOWN]
        total = page["pagination"]["total"]
        return View(shown, _counts(page, rows), total, workflow=RecordRow.of(body))


def is_workflow(source: Source, its_id: str) -> bool:
    """Whether an id is a workflow's and no task's: a group's or chord's."""
    try:
        body = source.task(its_id)
    except SettingsError:  # the token may read this workflow alone
        body = None
    if body is not None and body["task_type"] != "workflow":
        return False
    return source.workflow(its_id) is not None


def follow(
    read: Callable[[], View],
    show: Callable[[View], object],
    interval: float,
    *,
    until_ended: bool,
    timeout: float = math.inf,
    wait: Callable[[float], object] = time.sleep,
) -> View:
    """Reads and shows the tasks until all have ended, `interval` seconds between two reads; the
    last view is returned and not shown.

    Raises:
        StoreUnavailable: nothing has answered for `AWAY_S`.
        TaskNotFound: what has not ended has had no record for as long.
        TimeoutError: after `timeout` seconds some have not ended.
    """
    begun = answered = time.monotonic()
    while True:
        view = read()
        if until_ended and view.ended:
            return view
        show(view)
        now = time.monotonic()
        if view.trouble is None:
            answered = now
        elif now - answered > AWAY_S:
            raise view.trouble
        left = begun + timeout - now
        if left <= 0:
            standing = ", ".join(f"{task.task_id} is {task.status}" for task in view.watched)
            raise TimeoutError(f"not ended after {timeout:g} s: {standing or view.trouble}")
        wait(min(interval, left))
