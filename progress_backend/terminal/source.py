"""What the terminal reads and asks: the endpoints that a store and an API both answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Self

from ..errors import TaskNotFound, WorkflowNotFound
from ..record.act import Action
from ..record.default_texts import Locale
from ..record.list_request import ListRequest

#: The body of an answer, a row of a list, or a line of a log.
Body = Mapping[str, Any]
#: Who asks, as the record has it.
BY: Final = "cli"


class Source(ABC):
    """A store or an API, whose answers have the same bodies; `with` closes it.

    Each method raises StoreUnavailable while nothing answers, and SettingsError where an API does
    not know the token, or does not allow it what is asked for.
    """

    #: Where it is, for people.
    address: str
    #: The language of whoever reads.
    locale: Locale
    #: An API's URL, below which its pages are; None of a store.
    url: str | None = None

    @abstractmethod
    def now(self) -> datetime:
        """The time there, after a read."""

    @abstractmethod
    def answer(self, method: str, path: Sequence[str], given: Body) -> Body | None:
        """An endpoint's answer to a query or body; None where it has no such record.

        Args:
            method: the HTTP method in capitals.
            path: the parts of the endpoint's path below `/internal`.
            given: the query or body; values of None are left out.
        """

    def task(self, task_id: str) -> Body | None:
        """A task's body; of a group's id, the workflow as a task. None if there is neither."""
        return self.answer("GET", ("task", task_id, "status"), {})

    def timeline(self, task_id: str) -> Body | None:
        """The body of a task's timeline; None without a record."""
        return self.answer("GET", ("task", task_id, "timeline"), {})

    def log(self, task_id: str, after: int | None, limit: int) -> list[Body]:
        """Lines of a task's log after a number, `limit` at most; the newest ones for None.

        Raises:
            TaskNotFound: there is no record.
        """
        body = self.answer("GET", ("task", task_id, "log"), {"after": after, "limit": limit})
        if body is None:
            raise TaskNotFound(task_id)
        lines: list[Body] = body["lines"]
        return lines

    def tasks(self, asked: ListRequest, *, whole: bool = False) -> Body:
        """A page of tasks; `whole` rows omit no field.

        Raises:
            InvalidEvent: filters that do not go together.
        """
        query = asdict(asked) | {"top": asked.top or None, "fields": "all" if whole else None}
        return self.answer("GET", ("tasks",), query) or {}

    def workflow(self, workflow_id: str) -> Body | None:
        """A workflow's body; None if there is none."""
        return self.answer("GET", ("workflow", workflow_id, "status"), {})

    def workflows(self, page: int, limit: int) -> Body:
        """A page of workflows."""
        return self.answer("GET", ("workflows",), {"page": page, "limit": limit}) or {}

    def workers(self) -> Body:
        """The list of workers."""
        return self.answer("GET", ("workers",), {}) or {}

    def act(self, action: Action, ids: Sequence[str], reason: str | None = None) -> Body:
        """Asks tasks for an act, as `POST /internal/act` does; its answer."""
        given = {"action": action, "ids": list(ids), "by": BY, "reason": reason}
        return self.answer("POST", ("act",), given) or {}

    def act_on_workflow(self, workflow_id: str, action: Action, reason: str | None = None) -> None:
        """Asks all members of a workflow for an act.

        Raises:
            WorkflowNotFound: there is no workflow.
            TransitionRefused: its status does not allow it.
        """
        given, method, endpoint = {"by": BY, "reason": reason}, "POST", "cancel"
        if action != "cancel":
            method, endpoint = "PUT", "update"
            given["status"] = "paused" if action == "pause" else "running"
        if self.answer(method, ("workflow", workflow_id, endpoint), given) is None:
            raise WorkflowNotFound(workflow_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return
