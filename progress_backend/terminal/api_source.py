"""An API at a URL (`progress-backend serve`) as the terminal's source."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from math import inf
from typing import Any, Final
from urllib.parse import quote, urlencode

from ..errors import StoreUnavailable, TaskNotFound, WorkflowNotFound
from ..record import task_json
from ..record.act import Action
from ..record.caller_events import MAX_LIMIT
from ..record.json_text import dumps
from ..record.list_request import NEWEST, ListRequest
from .api_client import ApiClient, TooMany
from .source import Asked, Line, Listed, Source
from .store_source import BY

#: How often an API that takes no more for now is asked again, and the longest wait before that.
_TRIES: Final = 10
_LONGEST_S: Final = 60.0


class ApiSource(Source):
    """Reads an API and asks by it; an API has a workflow's members follow by itself."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self.address = api.base

    def now(self) -> datetime:
        """The time of the API's last answer, to the second; this machine's before that."""
        return self._api.now()

    def task(self, task_id: str) -> bytes | None:
        """See `Source`."""
        return self._api.ask("GET", f"{_path('task', task_id)}/status")

    def tasks(self, asked: ListRequest, *, whole: bool = False) -> Listed:
        """See `Source`."""
        query = {
            **asdict(asked),
            "top": "true" if asked.top else None,
            "sort": None if asked.sort == NEWEST else asked.sort,
            "fields": "all" if whole else None,
        }
        return _listed(self._api.listed("tasks", query), "tasks")

    def beginning(self, text: str) -> Iterable[str]:
        """See `Source`."""
        found = self._api.listed("tasks", {"id_prefix": text, "limit": MAX_LIMIT})
        return [row["task_id"] for row in found["tasks"]]

    def timeline(self, task_id: str) -> bytes | None:
        """See `Source`."""
        return self._api.ask("GET", f"{_path('task', task_id)}/timeline")

    def log(self, task_id: str, after: int | None, limit: int) -> list[Line]:
        """See `Source`."""
        query = {"limit": limit} | ({} if after is None else {"after": after})
        body = self._api.ask("GET", f"{_path('task', task_id)}/log?{urlencode(query)}")
        if body is None:
            raise TaskNotFound(task_id)
        lines: list[Line] = json.loads(body)["lines"]
        return lines

    def workflow(self, workflow_id: str) -> bytes | None:
        """See `Source`."""
        return self._api.ask("GET", f"{_path('workflow', workflow_id)}/status")

    def workflows(self, page: int, limit: int) -> Listed:
        """See `Source`."""
        return _listed(self._api.listed("workflows", {"page": page, "limit": limit}), "workflows")

    def workers(self) -> dict[str, Any]:
        """See `Source`."""
        return self._api.listed("workers", {})

    def ask(self, task_id: str, action: Action, reason: str | None = None) -> Asked:
        """See `Source`."""
        document = self._asked("task", task_id, action, reason)
        if document is None:
            raise TaskNotFound(task_id)
        task = task_json.decode(document)
        return Asked(task.status, task.asked)

    def ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """See `Source`."""
        body = {**asked, "by": BY}
        for _ in range(_TRIES - 1):
            try:
                return self._ask_many(body)
            except TooMany as busy:
                again_s = min(busy.again_s, _LONGEST_S)
                print(f"{self.address} takes more in {again_s:g} s: waiting", file=sys.stderr)
                time.sleep(again_s)
        return self._ask_many(body)

    def _ask_many(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self._api.ask("POST", "/internal/act", body)
        if found is None:
            raise StoreUnavailable(f"{self.address} is no API of this version")
        answer: dict[str, Any] = json.loads(found)
        return answer

    def ask_all(self, workflow_id: str, action: Action, reason: str | None = None) -> str | None:
        """See `Source`."""
        if self._asked("workflow", workflow_id, action, reason) is None:
            raise WorkflowNotFound(workflow_id)
        return ""

    def carry_out(self, workflow_id: str, act_id: str, within_s: float = inf) -> None:
        """See `Source`."""

    def _asked(self, kind: str, its_id: str, action: Action, reason: str | None) -> bytes | None:
        path, why = _path(kind, its_id), {"by": BY} | ({} if reason is None else {"reason": reason})
        if action == "cancel":
            return self._api.ask("POST", f"{path}/cancel", why)
        if action == "pause":
            return self._api.ask("PUT", f"{path}/update", {"status": "paused", **why})
        return self._api.ask("PUT", f"{path}/update", {"status": "running"})


def _path(kind: str, its_id: str) -> str:
    return f"/internal/{kind}/{quote(its_id, safe='')}"


def _listed(body: Mapping[str, Any], what: str) -> Listed:
    rows = [dumps(row).encode() for row in body[what]]
    return Listed(rows, body.get("summary", {}), body["pagination"]["total"], body.get("cursor"))
