"""Rows of workflows and stand-alone tasks: a workflow is one row in its tasks' place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ..record import task_json
from ..record.default_texts import Locale
from ..record.list_request import ListRequest
from ..record.model import Task
from .rows import FIRST, chosen, key, key_of_workflow
from .source import Source
from .workflow_tables import as_row

#: Workflows outside of the newest that are read, each by itself.
_MORE: Final = 4


class Top(NamedTuple):
    """Rows in order of creation; the counts of all tasks by status; and how many rows there are."""

    rows: tuple[Task, ...]
    counts: Mapping[str, int | None]
    total: int | None


def newest(source: Source, limit: int, locale: Locale) -> Top:
    """The newest ones; those that run before the others.

    Raises:
        SettingsError: the token may not read workflows and stand-alone tasks.
        InvalidEvent: the token reads a part of the tasks alone.
        StoreUnavailable: nothing answers.
    """
    page = source.tasks(ListRequest(top=True, limit=limit))
    rows = _rows(page.rows, locale)
    behind: list[str] = []
    # In a long list running tasks may be far from the newest.
    for status in FIRST:
        running = source.tasks(ListRequest(status=status, limit=limit)).rows
        behind += _added(rows, map(task_json.decode, running))
    bodies = (source.workflow(workflow_id) for workflow_id in behind[:_MORE])
    rows |= _rows((one for one in bodies if one is not None), locale)
    return Top(chosen(rows, limit), page.counts, page.total)


def row_of(document: bytes, locale: Locale) -> Task:
    """A row of a list as a task; it may be a workflow's."""
    body = json.loads(document)
    return as_row(body, locale) if "workflow_id" in body else task_json.decode(document)


def _rows(documents: Iterable[bytes], locale: Locale) -> dict[str, Task]:
    return {key(row): row for row in (row_of(document, locale) for document in documents)}


def _added(rows: dict[str, Task], running: Iterable[Task]) -> list[str]:
    """Adds the tasks that are no member; ids of workflows that the others are members of, and that
    are no row yet."""
    behind: dict[str, None] = {}
    for task in running:
        if task.member is None:
            rows[key(task)] = task
        elif key_of_workflow(task.member.workflows[0]) not in rows:
            behind[task.member.workflows[0]] = None
    return list(behind)
