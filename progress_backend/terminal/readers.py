"""What is watched, read again and again: tasks by their ids, a list, or a workflow with its
members."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from ..errors import (
    ForeignValue,
    InvalidEvent,
    SettingsError,
    StoreUnavailable,
    TaskNotFound,
    WorkflowNotFound,
)
from ..record import reader_view, task_json
from ..record.list_request import ListRequest
from ..record.model import Task, TaskStatus
from ..record.responses import still_runs
from ..record.sort import NEWEST, RUNNING
from .rows import as_row, final, row_of, task_of
from .source import Body, Source
from .view import View

#: Rows that are read at most; and failed members that are shown before the others, the newest.
SHOWN, _FAILED = 50, 20


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
                shown[task_id] = task_of(body)
            elif task_id not in shown:
                raise TaskNotFound(task_id)
            elif not final(shown[task_id], confirmed=True):
                lost.append(task_id)
        if lost and lost == [i for i in self._ids if not final(shown[i], confirmed=True)]:
            raise TaskNotFound(lost[0])  # nothing else goes on
        shown |= {task_id: _unreadable(task_id, TaskNotFound(task_id)) for task_id in lost}
        return View(tuple(shown[i] for i in self._ids), total=len(shown))


def _unreadable(task_id: str, error: Exception) -> Task:
    return task_json.task_of(reader_view.marked(task_id, str(error)))


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
        rows = (row_of(body, self._source.locale) for body in page["tasks"][: asked.limit])
        return View(tuple(rows), _counts(page), page["pagination"]["total"])


def _counts(page: Body) -> dict[str, int]:
    """A list's summary, in which a listed task that still runs counts as running."""
    counts: dict[str, int] = page["summary"]
    for row in filter(still_runs, page["tasks"]):
        # The summary counts tasks; it is null to a token that reads a part of them.
        if "task_id" in row and counts[row["status"]]:
            counts[row["status"]] -= 1
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
        tasks = {row["task_id"]: row for row in page["tasks"]}
        if not status:
            failed = replace(asked, status=TaskStatus.ERROR, limit=_FAILED)
            first = {row["task_id"]: row for row in self._source.tasks(failed)["tasks"]}
            tasks = first | tasks
        return View(
            tuple(map(task_of, tasks.values()))[:SHOWN],
            _counts(page),
            page["pagination"]["total"],
            workflow=as_row(body, self._source.locale),
        )


def is_workflow(source: Source, its_id: str) -> bool:
    """Whether an id is a workflow's and no task's: a group's or chord's."""
    try:
        body = source.task(its_id)
    except SettingsError:  # the token may read this workflow alone
        body = None
    if body is not None and body["task_type"] != "workflow":
        return False
    return source.workflow(its_id) is not None
