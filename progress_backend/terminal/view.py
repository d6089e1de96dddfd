"""The watched tasks, as last read from a store or an API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ..errors import ForeignValue, InvalidEvent, SettingsError, StoreUnavailable, TaskNotFound
from ..record import reader_view, task_json
from ..record.default_texts import Locale
from ..record.list_request import ListRequest
from ..record.model import Task, TaskStatus
from ..record.redelivery import final
from .places import Places, placed
from .rows import FIRST, by_id, chosen
from .source import Source
from .top_rows import newest

#: Most tasks of one read.
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of tasks: these ids, or the newest ones that pass the filters."""

    task_ids: tuple[str, ...] = ()
    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    #: Rows wanted; 1 to 100.
    limit: int = 50

    @property
    def top(self) -> bool:
        """Whether a workflow is one row in its tasks' place: where nothing else is asked for."""
        return not (self.task_ids or self.status or self.task_type or self.symbol)


@dataclass(frozen=True, slots=True)
class View:
    """Tasks in order of creation. `trouble` is the error because of which they are not newer than
    `at`."""

    tasks: tuple[Task, ...] = ()
    #: Tasks of each status, over all tasks of the store; empty if only some ids are watched.
    counts: Mapping[str, int | None] = field(default_factory=dict)
    #: The number of tasks that could be shown; None where an API does not count them.
    total: int | None = 0
    at: datetime | None = None
    trouble: str | None = None
    #: The workflow that the tasks are members of, as a row before theirs.
    workflow: Task | None = None
    #: Ids of what is watched and has no record any more: it is shown as it was last.
    gone: frozenset[str] = frozenset()

    @property
    def rows(self) -> tuple[Task, ...]:
        """The workflow, if there is one, then the tasks."""
        return self.tasks if self.workflow is None else (self.workflow, *self.tasks)

    @property
    def watched(self) -> tuple[Task, ...]:
        """What is waited for: the workflow, or the tasks."""
        return self.tasks if self.workflow is None else (self.workflow,)

    @property
    def ended(self) -> bool:
        """Whether something is waited for, and all of it has ended for good."""
        return bool(self.watched) and all(final(t, self.at, confirmed=True) for t in self.watched)

    @property
    def lost(self) -> tuple[Task, ...]:
        """What is watched, had not ended, and has no record any more; nothing while others of it go
        on."""
        left = [t for t in self.watched if not final(t, self.at, confirmed=True)]
        return tuple(left) if all(task.task_id in self.gone for task in left) else ()

    @property
    def completed(self) -> bool:
        """Whether all that is waited for was completed."""
        return all(task.status == TaskStatus.COMPLETED for task in self.watched)


class TaskReader:
    """Reads a choice of tasks, again and again; while nothing answers the last view stays."""

    def __init__(self, source: Source, locale: Locale, choice: Choice) -> None:
        self._source = source
        self._locale = locale
        self._choice = choice
        #: Whether workflows are rows: not for a token that reads a part of the tasks.
        self._tops = choice.top
        self._last = View()
        self._places = Places(source)

    def read(self) -> View:
        """The tasks as they are now.

        Raises:
            TaskNotFound: one of the ids has never had a record.
            SettingsError: an API does not know the token, or does not let it read them.
        """
        try:
            view = self._by_id() if self._choice.task_ids else self._newest()
        except StoreUnavailable as error:
            return replace(self._last, trouble=str(error))
        self._last = replace(view, at=self._source.now())
        return self._last

    def _by_id(self) -> View:
        # A record that is gone was cleaned up: its last version stays on the screen.
        known = {task.task_id: task for task in self._last.tasks}
        gone: set[str] = set()
        for task_id in self._choice.task_ids:
            try:
                body = self._source.task(task_id)
            except ForeignValue as error:  # the others are shown all the same
                body = reader_view.marked(task_id, str(error))
            if body is not None:
                known[task_id] = placed(task_json.decode(body), body)
            elif task_id in known:
                gone.add(task_id)
            else:
                raise TaskNotFound(task_id)
        tasks = tuple(known[task_id] for task_id in self._choice.task_ids)
        return View(tasks, total=len(tasks), gone=frozenset(gone))

    def _newest(self) -> View:
        view = self._top() if self._tops else None
        view = view or self._page()
        return replace(view, tasks=self._places.of(view.tasks))

    def _top(self) -> View | None:
        try:
            top = newest(self._source, min(self._choice.limit, MOST), self._locale)
        except (SettingsError, InvalidEvent):
            self._tops = False
            return None
        return View(top.rows, top.counts, top.total)

    def _page(self) -> View:
        wanted = self._choice
        asked = ListRequest(
            status=wanted.status,
            task_type=wanted.task_type,
            symbol=wanted.symbol,
            limit=min(wanted.limit, MOST),
        )
        rows: dict[str, Task] = {}
        # In a long list running tasks may be far from the newest: they are read first.
        for status in () if wanted.status else FIRST:
            rows |= by_id(self._source.tasks(replace(asked, status=status)).rows)
        page = self._source.tasks(asked)
        return View(chosen(rows | by_id(page.rows), asked.limit), page.counts, page.total)
