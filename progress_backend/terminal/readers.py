"""What is watched, read again and again: tasks by their ids, a list, or a workflow with its
members."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

from ..errors import (
    ForeignValue,
    InvalidEvent,
    SettingsError,
    StoreUnavailable,
    TaskNotFound,
    WorkflowNotFound,
)
from ..record import reader_view, task_json, waiting
from ..record.list_request import ListRequest
from ..record.model import Task, TaskStatus
from .rows import FIRST, as_row, chosen, key, key_of_workflow, row_of, task_of, urgency_of_member
from .source import Body, Source
from .view import View

#: Most tasks of one read.
MOST: Final = 100
#: Waiting tasks of a list that have their places, each by a read of its own, and the seconds for
#: which these are not read again.
_PLACES, _FRESH_S = 10, 1.0
#: Workflows outside of the newest that are read, each by itself.
_MORE: Final = 4
#: Failed members that are shown before the others, the newest of them.
_FAILED: Final = 20
#: Pages of cancelled members that are searched for runs that have yet to confirm it: the
#: first that were created, since these have begun.
_PAGES: Final = 10


class Reader(ABC):
    """Reads views; while nothing answers the last one stays."""

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
        except StoreUnavailable as error:
            return replace(self._last, trouble=str(error))
        self._last = replace(view, at=self._source.now(), trouble=None)
        return self._last

    @abstractmethod
    def _read(self, status: str) -> View: ...

    def _page(self, asked: ListRequest) -> tuple[Body, dict[str, Task]]:
        """A page of a list, and its rows by their keys."""
        page = self._source.tasks(asked)
        rows = [row_of(body, self._source.locale) for body in page["tasks"]]
        return page, {key(row): row for row in rows}


class TasksReader(Reader):
    """Reads tasks by their ids."""

    def __init__(self, source: Source, task_ids: Sequence[str]) -> None:
        super().__init__(source)
        self._ids = task_ids

    def _read(self, status: str) -> View:
        # A record that is gone was cleaned up: its last version stays on the screen.
        known = {task.task_id: task for task in self._last.tasks}
        gone: set[str] = set()
        for task_id in self._ids:
            try:
                body = self._source.task(task_id)
            except ForeignValue as error:  # the others are shown all the same
                known[task_id] = task_json.task_of(reader_view.marked(task_id, str(error)))
                continue
            if body is not None:
                known[task_id] = task_of(body)
            elif task_id in known:
                gone.add(task_id)
            else:
                raise TaskNotFound(task_id)
        tasks = tuple(known[task_id] for task_id in self._ids)
        return View(tasks, total=len(tasks), gone=frozenset(gone))


class ListReader(Reader):
    """Reads the newest tasks that pass a request's filters, and those that run before the others;
    with `top` a workflow is one row in its tasks' place."""

    def __init__(self, source: Source, asked: ListRequest) -> None:
        super().__init__(source)
        self._asked = replace(asked, limit=min(asked.limit, MOST))
        self._places: dict[str, Task] = {}
        self._until = 0.0

    def _read(self, status: str) -> View:
        asked = self._asked
        if status:  # by which no workflow is listed
            asked = replace(asked, status=status, top=False)
        try:
            page, rows = self._page(asked)
        except (SettingsError, InvalidEvent):
            if not asked.top:
                raise
            # The token reads a part of the tasks, in which no workflow is whole.
            self._asked = asked = replace(asked, top=False)
            page, rows = self._page(asked)
        # In a long list running tasks may be far from the newest.
        for first in () if asked.status else FIRST:
            running = self._page(replace(asked, status=first, top=False))[1]
            rows |= self._tops(rows, running) if asked.top else running
        tasks = self._placed(chosen(rows, asked.limit))
        return View(tasks, page["summary"], page["pagination"]["total"])

    def _tops(self, rows: dict[str, Task], running: dict[str, Task]) -> dict[str, Task]:
        """Those that are no members, and the workflows of the others that are no rows yet."""
        found, behind = dict[str, Task](), dict[str, None]()
        for task_id, task in running.items():
            if task.member is None:
                found[task_id] = task
            elif key_of_workflow(workflow_id := task.member.workflows[0]) not in rows:
                behind[workflow_id] = None
        for workflow_id in list(behind)[:_MORE]:
            if (body := self._source.workflow(workflow_id)) is not None:
                found[key_of_workflow(workflow_id)] = as_row(body, self._source.locale)
        return found

    def _placed(self, tasks: Sequence[Task]) -> tuple[Task, ...]:
        """The tasks; the first of those that wait with their places."""
        waits = [task.task_id for task in tasks if waiting.of_task(task) is not None][:_PLACES]
        if waits and self._until <= monotonic():
            bodies = {task_id: self._source.task(task_id) for task_id in waits}
            self._places = {i: task_of(body) for i, body in bodies.items() if body is not None}
            self._until = monotonic() + _FRESH_S
        known = {task_id: task for task_id, task in self._places.items() if task_id in waits}
        return tuple(known.get(key(task), task) for task in tasks)


class WorkflowReader(Reader):
    """Reads a workflow, and its most urgent members."""

    def __init__(self, source: Source, workflow_id: str, limit: int) -> None:
        super().__init__(source)
        self._workflow_id = workflow_id
        self._asked = ListRequest(workflow_id=workflow_id, limit=min(limit, MOST))
        #: The workflow's revision at which all of its runs had confirmed their cancel.
        self._confirmed: int | None = None

    def _read(self, status: str) -> View:
        body = self._source.workflow(self._workflow_id)
        if body is None:
            if self._last.workflow is None:
                raise WorkflowNotFound(self._workflow_id)
            # It was cleaned up: its last version stays on the screen.
            return replace(self._last, gone=frozenset([self._workflow_id]))
        page, rows = self._page(replace(self._asked, status=status or None))
        # Among many members those that failed or run may be far from the newest.
        failed = min(_FAILED, self._asked.limit)
        rows |= self._page(replace(self._asked, status=TaskStatus.ERROR, limit=failed))[1]
        for first in FIRST:
            rows |= self._page(replace(self._asked, status=first))[1]
        unconfirmed = self._unconfirmed(body)
        shown = chosen(rows | unconfirmed, self._asked.limit, urgency_of_member)
        return View(
            tuple(sorted(shown, key=lambda task: task.status != TaskStatus.ERROR)),
            page["summary"],
            page["pagination"]["total"],
            workflow=as_row(body, self._source.locale, len(unconfirmed)),
        )

    def _unconfirmed(self, body: Body) -> dict[str, Task]:
        """Members that are cancelled while their runs have yet to confirm it; looked for
        once the workflow has ended, among a thousand of them."""
        cancelled, revision = body["counts"]["cancelled"], body["revision"]
        if body["end_time"] is None or not cancelled or revision == self._confirmed:
            return {}
        last, found = -(-cancelled // MOST), dict[str, Task]()
        asked = replace(self._asked, status=TaskStatus.CANCELLED, limit=MOST)
        for page in range(last, max(last - _PAGES, 0), -1):
            tasks = self._page(replace(asked, page=page))[1]
            found |= {its_id: task for its_id, task in tasks.items() if task.asked == "cancel"}
        if not found:
            self._confirmed = revision
        return found


def is_workflow(source: Source, its_id: str) -> bool:
    """Whether an id is a workflow's and no task's: a group's or chord's."""
    try:
        body = source.task(its_id)
    except SettingsError:  # the token may read this workflow alone
        body = None
    if body is not None and body["task_type"] != "workflow":
        return False
    return source.workflow(its_id) is not None
