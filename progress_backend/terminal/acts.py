"""Asks for the cancel, pause or resume of a task or workflow: a store, or an API."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from math import inf
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote

from ..errors import StoreUnavailable, TaskNotFound, WorkflowNotFound
from ..flows import task_list, workflow_acts
from ..record import task_json
from ..record.act import Action
from ..record.list_request import ListRequest
from ..record.responses import id_of, status_of
from ..service.act_on_many import event_of
from ..service.redis_progress_service import RedisProgressService
from ..store.any_store import AnyStore
from .api_client import ApiClient, TooMany

#: Who asks, as the record has it.
_BY: Final = "cli"
#: How often an API that takes no more for now is asked again, and the longest wait before that.
_TRIES: Final = 10
_LONGEST_S: Final = 60.0


class Asked(NamedTuple):
    """What came of it: the record's status, what its worker has not carried out yet, and whether
    anything was changed."""

    status: str
    asked: str | None
    changed: bool = True


class Page(NamedTuple):
    """Ids and statuses of tasks, and what the next page is asked for; None: there is none."""

    tasks: tuple[tuple[str, str | None], ...]
    following: ListRequest | None


class Acts(Protocol):
    """Where acts are asked for. Each method raises StoreUnavailable while nothing answers, and
    SettingsError where the API does not allow it."""

    def ask(self, task_id: str, action: Action, reason: str | None = None) -> Asked:
        """Asks a task.

        Raises:
            TaskNotFound: there is no record.
            TransitionRefused: its status does not allow it.
        """

    def ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Asks many tasks, as the body of `POST /internal/act` says; its answer."""

    def page(self, asked: ListRequest) -> Page:
        """A page of a list of tasks."""

    def ask_all(self, workflow_id: str, action: Action, reason: str | None = None) -> str | None:
        """Asks the members of a workflow; the act's id, None where it was asked before.

        Raises:
            WorkflowNotFound: there is no workflow.
            TransitionRefused: its status does not allow it.
        """

    def carry_out(self, workflow_id: str, act_id: str, within_s: float = inf) -> None:
        """Has those members follow that write nothing by themselves; what is left after so many
        seconds is left to the workers' pass."""


class StoreActs:
    """Asks by a store."""

    def __init__(self, store: AnyStore) -> None:
        self._store = store

    def ask(self, task_id: str, action: Action, reason: str | None = None) -> Asked:
        """See `Acts`."""
        event = event_of(action, _BY, reason)
        applied = self._store.run(self._store.flows.apply(task_id, (event,), self._store.now()))
        if applied.refused is not None:
            raise applied.refused
        return Asked(applied.task.status, applied.task.asked, applied.document is not None)

    def ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """See `Acts`."""
        return asyncio.run(self._ask_many(asked))

    async def _ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        async with RedisProgressService(settings=self._store.settings) as service:
            return await service.act(**asked, by=_BY)

    def page(self, asked: ListRequest) -> Page:
        """See `Acts`."""
        self._store.ready()
        flow = task_list.listed(self._store.flows, asked, self._store.now(), light=True)
        found = self._store.run(flow)
        ids = tuple((id_of(row), status_of(row)) for row in found.rows)
        return Page(ids, _next(asked, found.total, found.cursor))

    def ask_all(self, workflow_id: str, action: Action, reason: str | None = None) -> str | None:
        """See `Acts`."""
        now, flows = self._store.now(), self._store.flows
        asked = workflow_acts.ask(flows, workflow_id, action, now, by=_BY, reason=reason)
        _, act_id = self._store.run(asked)
        return act_id

    def carry_out(self, workflow_id: str, act_id: str, within_s: float = inf) -> None:
        """See `Acts`."""
        until = monotonic() + within_s
        cursor: workflow_acts.Cursor | None = workflow_acts.Cursor()
        while cursor is not None and monotonic() < until:
            flows, now = self._store.flows, self._store.now()
            cursor = self._store.run(
                workflow_acts.carry_out(flows, workflow_id, act_id, cursor, now)
            )


class ApiActs:
    """Asks an API, which has a workflow's members follow by itself."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def ask(self, task_id: str, action: Action, reason: str | None = None) -> Asked:
        """See `Acts`."""
        document = self._asked("task", task_id, action, reason)
        if document is None:
            raise TaskNotFound(task_id)
        task = task_json.decode(document)
        return Asked(task.status, task.asked)

    def ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """See `Acts`."""
        body = {**asked, "by": _BY}
        for _ in range(_TRIES - 1):
            try:
                return self._ask_many(body)
            except TooMany as busy:
                again_s = min(busy.again_s, _LONGEST_S)
                print(f"{self._api.base} takes more in {again_s:g} s: waiting", file=sys.stderr)
                time.sleep(again_s)
        return self._ask_many(body)

    def _ask_many(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self._api.ask("POST", "/internal/act", body)
        if found is None:
            raise StoreUnavailable(f"{self._api.base} is no API of this version")
        answer: dict[str, Any] = json.loads(found)
        return answer

    def page(self, asked: ListRequest) -> Page:
        """See `Acts`."""
        body = self._api.listed("tasks", {**asdict(asked), "top": None, "sort": None})
        ids = tuple((row["task_id"], row["status"]) for row in body["tasks"])
        return Page(ids, _next(asked, body["pagination"]["total"], body.get("cursor")))

    def ask_all(self, workflow_id: str, action: Action, reason: str | None = None) -> str | None:
        """See `Acts`."""
        if self._asked("workflow", workflow_id, action, reason) is None:
            raise WorkflowNotFound(workflow_id)
        return ""

    def carry_out(self, workflow_id: str, act_id: str, within_s: float = inf) -> None:
        """See `Acts`."""

    def _asked(self, kind: str, its_id: str, action: Action, reason: str | None) -> bytes | None:
        path = f"/internal/{kind}/{quote(its_id, safe='')}"
        why = {"by": _BY, **({} if reason is None else {"reason": reason})}
        if action == "cancel":
            return self._api.ask("POST", f"{path}/cancel", why)
        if action == "pause":
            return self._api.ask("PUT", f"{path}/update", {"status": "paused", **why})
        return self._api.ask("PUT", f"{path}/update", {"status": "running"})


def _next(asked: ListRequest, total: int | None, cursor: str | None) -> ListRequest | None:
    """What the page after one is asked for; None: it was the last."""
    if total is None:
        return None if cursor is None else replace(asked, cursor=cursor)
    return replace(asked, page=asked.page + 1) if asked.page * asked.limit < total else None
