"""The watched tasks, as last read from an API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..errors import InvalidEvent, SettingsError, StoreUnavailable, TaskNotFound
from ..record import task_json
from ..record.default_texts import Locale
from ..record.json_text import dumps
from ..record.model import Task
from . import top_rows
from .api_client import ApiClient
from .places import Placed, Places
from .rows import FIRST, chosen
from .view import MOST, Choice, View

#: Waiting tasks whose places are asked for, each by a request.
_ASKED: Final = 4


class ApiReader:
    """Reads a choice of tasks from an API, as `Reader` does from a store."""

    def __init__(self, api: ApiClient, locale: Locale, choice: Choice) -> None:
        self._api = api
        self._locale = locale
        self._choice = choice
        #: Whether the API tells what nothing else started: not to a token for a part of the tasks.
        self._tops = choice.top
        self._last = View()
        self._placed = Placed(self._places, _ASKED)

    def read(self) -> View:
        """The tasks as they are now.

        Raises:
            TaskNotFound: one of the ids has never had a record.
            SettingsError: the token is not known, or may not read them.
        """
        try:
            view = self._by_id() if self._choice.task_ids else self._newest()
            view = replace(view, tasks=self._placed.of(view.tasks))
        except StoreUnavailable as error:
            return replace(self._last, trouble=str(error))
        self._last = replace(view, at=self._api.now())
        return self._last

    def _places(self, tasks: Sequence[Task]) -> Places:
        bodies = {task.task_id: self._api.status("task", task.task_id) for task in tasks}
        found = {task_id: json.loads(body) for task_id, body in bodies.items() if body is not None}
        return {
            task_id: {name: body.get(name) for name in ("ahead", "start_estimate")}
            for task_id, body in found.items()
        }

    def _by_id(self) -> View:
        # A record that is gone was cleaned up: its last version stays on the screen.
        known = {task.task_id: task for task in self._last.tasks}
        tasks: list[Task] = []
        gone: set[str] = set()
        for task_id in self._choice.task_ids:
            document = self._api.status("task", task_id)
            if document is None:
                if task_id not in known:
                    raise TaskNotFound(task_id)
                gone.add(task_id)
            tasks.append(known[task_id] if document is None else task_json.decode(document))
        return View(tuple(tasks), total=len(tasks), gone=frozenset(gone))

    def _newest(self) -> View:
        if self._tops:
            try:
                top = top_rows.newest_of_api(self._api, min(self._choice.limit, MOST), self._locale)
                return View(top.rows, top.counts, top.total)
            except (SettingsError, InvalidEvent):
                self._tops = False
        return self._page()

    def _page(self) -> View:
        wanted = self._choice
        rows: dict[str, Task] = {}
        body = {}
        # In a long list running tasks may be far from the newest: they are read first.
        for status in (*(() if wanted.status else FIRST), wanted.status):
            body = self._api.listed(
                "tasks",
                {
                    "limit": min(wanted.limit, MOST),
                    "status": status,
                    "task_type": wanted.task_type,
                    "symbol": wanted.symbol,
                },
            )
            found = (task_json.decode(dumps(row).encode()) for row in body["tasks"])
            rows.update((task.task_id, task) for task in found)
        total = body["pagination"]["total"]
        return View(chosen(rows, min(wanted.limit, MOST)), body["summary"], total)
