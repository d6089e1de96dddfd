"""Asks for the cancel, pause or resume of a task or workflow: a store, or an API."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import Final, NamedTuple, Protocol
from urllib.parse import quote

from ..errors import TaskNotFound, WorkflowNotFound
from ..flows import workflow_acts
from ..record import task_json
from ..record.act import Action
from ..record.events import Cancelled, Event, Paused, Resumed
from ..store.any_store import AnyStore
from .api_client import ApiClient

#: Who asks, as the record has it.
_BY: Final = "cli"


class Asked(NamedTuple):
    """What came of it: the record's status, what its worker has not carried out yet, and whether
    anything was changed."""

    status: str
    asked: str | None
    changed: bool = True


class Acts(Protocol):
    """Where acts are asked for. Each method raises StoreUnavailable while nothing answers, and
    SettingsError where the API does not allow it."""

    def ask(self, task_id: str, action: Action, reason: str | None = None) -> Asked:
        """Asks a task.

        Raises:
            TaskNotFound: there is no record.
            TransitionRefused: its status does not allow it.
        """

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
        event = _event(action, reason)
        applied = self._store.run(self._store.flows.apply(task_id, (event,), self._store.now()))
        if applied.refused is not None:
            raise applied.refused
        return Asked(applied.task.status, applied.task.asked, applied.document is not None)

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


def _event(action: Action, reason: str | None) -> Event:
    if action == "cancel":
        return Cancelled(by=_BY, reason=reason)
    return Paused(by=_BY, reason=reason) if action == "pause" else Resumed(by=_BY)
