"""What nothing else started: tasks that are no workflow's member, and a row for each workflow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from ..flows import commands as c
from ..flows import top_list
from ..flows.flow import Flow
from ..flows.stored_record import milliseconds
from ..flows.task_flows import Flows
from ..flows.task_page import summary
from ..record import task_json
from ..record.default_texts import Locale
from ..record.json_text import dumps
from ..record.model import Task
from ..record.workflow import row as row_of
from .api_client import ApiClient
from .rows import FIRST, chosen, key, key_of_workflow
from .workflow_tables import as_row

#: Workflows outside of the newest that an API is asked for, each by a request.
_ASKED: Final = 4


class Top(NamedTuple):
    """Rows in order of creation; the counts of all tasks by status; and how many rows there are."""

    rows: tuple[Task, ...]
    counts: Mapping[str, int]
    total: int


def newest(flows: Flows, limit: int, now: datetime) -> Flow[Top]:
    """The newest ones of a store; those that run before the others."""
    locale = flows.settings.locale
    paged = yield from top_list.page(flows, 1, limit, now, light=True)
    rows = _rows((document for _, document in paged.rows if document), locale)
    behind: list[str] = []
    # In a long list running tasks may be far from the newest.
    for status in FIRST:
        running = yield from flows.page(1, limit, status, light=True)
        behind += _added(rows, (task_json.decode(one) for _, one in running.rows if one))
    if ids := tuple(behind[:limit]):
        each: list[c.Figures] = yield c.FiguresOfEach(ids, milliseconds(now))
        about = (flows.settings.zone(), locale, now)
        there = [(i, one) for i, one in zip(ids, each, strict=True) if one.total]
        rows |= _rows((dumps(row_of(i, one, *about)).encode() for i, one in there), locale)
    return Top(chosen(rows, limit), summary(paged), paged.total)


def newest_of_api(api: ApiClient, limit: int, locale: Locale) -> Top:
    """The newest ones of an API; those that run before the others.

    Raises:
        SettingsError: the token may not see what nothing else started.
        InvalidEvent: it sees a part of the tasks alone.
        StoreUnavailable: nothing answers.
    """
    body = api.listed("tasks", {"top": "true", "limit": limit})
    rows = _rows((dumps(row).encode() for row in body["tasks"]), locale)
    behind: list[str] = []
    for status in FIRST:
        running = api.listed("tasks", {"limit": limit, "status": status})["tasks"]
        found = (task_json.decode(dumps(one).encode()) for one in running)
        behind += _added(rows, found)
    bodies = (api.status("workflow", workflow_id) for workflow_id in behind[:_ASKED])
    rows |= _rows((one for one in bodies if one is not None), locale)
    return Top(chosen(rows, limit), body["summary"], body["pagination"]["total"])


def _rows(documents: Iterable[bytes], locale: Locale) -> dict[str, Task]:
    rows: list[Task] = []
    for document in documents:
        body = json.loads(document)
        of_workflow = "workflow_id" in body
        rows.append(as_row(body, locale) if of_workflow else task_json.decode(document))
    return {key(row): row for row in rows}


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
