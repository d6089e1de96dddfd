"""The watched tasks, as last read from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ..errors import StoreUnavailable, TaskNotFound
from ..flows import commands as c
from ..flows.flow import Flow
from ..flows.task_page import summary
from ..record import reader_view, task_json
from ..record.model import Task, TaskStatus
from ..record.redelivery import final
from ..store.any_store import AnyStore
from . import top_rows
from .places import Placed, places
from .rows import FIRST, chosen

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
    counts: Mapping[str, int] = field(default_factory=dict)
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


class Reader:
    """Reads a choice of tasks, again and again; while the store does not answer the last view
    stays."""

    def __init__(self, store: AnyStore, choice: Choice) -> None:
        self._store = store
        self._choice = choice
        self._last = View()
        self._found: set[str] = set()
        self._placed = Placed(lambda tasks: store.run(places(tasks)), MOST)

    def read(self) -> View:
        """The tasks as they are now.

        Raises:
            TaskNotFound: one of the ids has never had a record.
        """
        try:
            view = self._by_id() if self._choice.task_ids else self._store.run(self._newest())
            view = replace(view, tasks=self._placed.of(view.tasks))
        except StoreUnavailable as error:
            return replace(self._last, trouble=str(error))
        self._last = replace(view, at=self._store.now())
        return self._last

    def _by_id(self) -> View:
        task_ids = self._choice.task_ids
        documents = self._store.run(_documents(task_ids))
        for task_id, document in zip(task_ids, documents, strict=True):
            if document is None and task_id not in self._found:
                raise TaskNotFound(task_id)
        # A record that is gone was cleaned up: its last version stays on the screen.
        known = {task.task_id: task for task in self._last.tasks}
        zone = self._store.settings.zone()
        tasks = [
            known[task_id]
            if stored is None
            else task_json.decode(reader_view.row(stored, task_id, zone))
            for task_id, stored in zip(task_ids, documents, strict=True)
        ]
        self._found.update(task_ids)
        there = zip(task_ids, documents, strict=True)
        gone = frozenset(task_id for task_id, document in there if document is None)
        return View(tuple(tasks), total=len(tasks), gone=gone)

    def _newest(self) -> Flow[View]:
        if self._choice.top:
            about = (self._store.flows, min(self._choice.limit, MOST), self._store.now())
            top = yield from top_rows.newest(*about)
            return View(top.rows, top.counts, top.total)
        return (yield from self._page())

    def _page(self) -> Flow[View]:
        wanted = self._choice
        filters = (wanted.task_type, wanted.symbol)
        limit = min(wanted.limit, MOST)
        rows: dict[str, Task] = {}
        # In a long list running tasks may be far from the newest: they are read first.
        for status in () if wanted.status else FIRST:
            paged = yield from self._store.flows.page(1, limit, status, *filters, light=True)
            rows.update(_decoded(paged))
        paged = yield from self._store.flows.page(1, limit, wanted.status, *filters, light=True)
        rows.update(_decoded(paged))
        return View(chosen(rows, limit), counts=summary(paged), total=paged.total)


def _documents(task_ids: tuple[str, ...]) -> Flow[list[bytes | None]]:
    documents: list[bytes | None] = yield c.Read(task_ids)
    return documents


def _decoded(paged: c.Paged) -> dict[str, Task]:
    return {task_id: task_json.decode(document) for task_id, document in paged.rows if document}
