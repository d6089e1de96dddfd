"""What the terminal reads and asks: the endpoints that a store and an API both answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from ..errors import SettingsError, TaskNotFound, WorkflowNotFound
from ..record.act import Action
from ..record.default_texts import Locale
from ..record.list_request import ListRequest

#: The body of an answer, a row of a list, or a line of a log.
Body = Mapping[str, Any]
#: Who asks, as the record has it.
BY: Final = "cli"


class Source(AbstractContextManager["Source"]):
    """A store or an API, with the same bodies for answers; `with` closes it.

    Each method raises StoreUnavailable while nothing answers, and SettingsError where an API does
    not know the token, or does not allow it what is asked for.

    Attributes:
        address: where it is, for people.
        locale: the language of whoever reads.
        url: an API's URL, below which its pages are; None of a store.
    """

    def __init__(self, address: str, locale: Locale, url: str | None = None) -> None:
        self._at = datetime.now().astimezone()
        self.address, self.locale, self.url = address, locale, url

    @abstractmethod
    def ask(
        self, method: str, path: Sequence[str], given: dict[str, Any], key: str | None = None
    ) -> tuple[Body | None, datetime | None]:
        """An endpoint's answer to a query or body, None where it has no such record; and the time
        there.

        Args:
            method: the HTTP method in capitals.
            path: the parts of the endpoint's path below `/internal`.
            given: the query or body.
            key: the request's Idempotency-Key.

        Raises:
            StoreUnavailable: there is no answer, or none that is expected.
            SettingsError: 401 or 403, the token is not known or may not do this; 404 of a job; or
                the answer is a redirect to another server.
            TransitionRefused: 409, the task's status does not allow it.
            InvalidEvent: 422, what is asked for does not go together.
        """

    def now(self) -> datetime:
        """The time there at the last answer, of an API to the second; this machine's before."""
        return self._at

    def _answer(self, method: str, *path: str, **given: Any) -> Body | None:
        known = {name: value for name, value in given.items() if value is not None}
        body, at = self.ask(method, path, known)
        self._at = at or self._at
        return body

    def _of_task(self, method: str, task_id: str, endpoint: str, **given: Any) -> Body:
        """The answer for a task.

        Raises:
            TaskNotFound: there is no record.
        """
        body = self._answer(method, "task", task_id, endpoint, **given)
        if body is None:
            raise TaskNotFound(task_id)
        return body

    def task(self, task_id: str) -> Body | None:
        """A task's body; of a group's id, the workflow as a task. None if there is neither."""
        return self._answer("GET", "task", task_id, "status")

    def timeline(self, task_id: str) -> Body | None:
        """The body of a task's timeline; None without a record."""
        return self._answer("GET", "task", task_id, "timeline")

    def request_stack(self, task_id: str) -> datetime:
        """Asks for the stack of a task's job; when it was asked.

        Raises:
            TaskNotFound: there is no record.
            TransitionRefused: no worker runs the task.
        """
        return datetime.fromisoformat(self._of_task("POST", task_id, "stack")["requested_at"])

    def log(self, task_id: str, after: int | None, limit: int) -> list[Body]:
        """Lines of a task's log after a number, `limit` at most; the newest ones for None.

        Raises:
            TaskNotFound: there is no record.
        """
        lines: list[Body] = self._of_task("GET", task_id, "log", after=after, limit=limit)["lines"]
        return lines

    def tasks(self, asked: ListRequest, *, whole: bool = False) -> Body:
        """A page of tasks; `whole` rows omit no field.

        Raises:
            InvalidEvent: filters that cannot be combined.
        """
        query = asdict(asked) | {"top": asked.top or None, "fields": "all" if whole else None}
        return self._answer("GET", "tasks", **query) or {}

    def workflow(self, workflow_id: str) -> Body | None:
        """A workflow's body; None if there is none."""
        return self._answer("GET", "workflow", workflow_id, "status")

    def workflows(self, page: int, limit: int) -> Body:
        """A page of workflows."""
        return self._answer("GET", "workflows", page=page, limit=limit) or {}

    def workers(self) -> Body:
        """The list of workers."""
        return self._answer("GET", "workers") or {}

    def no_worker(self) -> bool:
        """Whether it is known that no worker that tracks tasks lives: not every token may read the
        list."""
        try:
            return not any(worker["live"] for worker in self.workers()["workers"])
        except SettingsError:
            return False

    def start(self, name: str, arguments: dict[str, Any], key: str | None) -> Body:
        """Starts a job, with an Idempotency-Key or None; its body.

        Raises:
            ProgressError: it was not started, or it is not known whether it was.
        """
        body, at = self.ask("POST", ("jobs", name), arguments, key)
        self._at = at or self._at
        return body or {}

    def again(self, task_id: str) -> Body:
        """Runs an ended task again; the new task's body.

        Raises:
            TaskNotFound: there is no record.
            ProgressError: it is not run again, with the reason.
        """
        return self._of_task("POST", task_id, "again")

    def act(self, action: Action, ids: Sequence[str], reason: str | None = None) -> Body:
        """Asks tasks for an act, as `POST /internal/act` does; its answer."""
        asked = {"action": action, "ids": list(ids), "by": BY, "reason": reason}
        return self._answer("POST", "act", **asked) or {}

    def act_on_workflow(self, workflow_id: str, action: Action, reason: str | None = None) -> Body:
        """Asks all members of a workflow for an act; its body.

        Raises:
            WorkflowNotFound: there is no workflow.
            TransitionRefused: its status does not allow it.
        """
        status = {"pause": "paused", "resume": "running"}.get(action)
        method, endpoint = ("PUT", "update") if status else ("POST", "cancel")
        path = ("workflow", workflow_id, endpoint)
        body = self._answer(method, *path, by=BY, reason=reason, status=status)
        if body is None:
            raise WorkflowNotFound(workflow_id)
        return body
