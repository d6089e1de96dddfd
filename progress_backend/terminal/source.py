"""What the terminal reads and asks: the methods that a store and an API both have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any, NamedTuple, Self

from ..record.act import Action
from ..record.list_request import ListRequest

Line = dict[str, Any]


class Listed(NamedTuple):
    """One page of a list: rows as JSON, tasks of each status, how many rows all pages have (None
    where nothing counts them), and the cursor of the next page."""

    rows: Sequence[bytes]
    counts: Mapping[str, int | None]
    total: int | None
    cursor: str | None = None

    def following(self, asked: ListRequest) -> ListRequest | None:
        """The request for the next page; None after the last."""
        if self.total is None:
            return None if self.cursor is None else replace(asked, cursor=self.cursor)
        more = asked.page * asked.limit < self.total
        return replace(asked, page=asked.page + 1) if more else None


class Asked(NamedTuple):
    """What came of an act: the record's status, the request that its worker has not carried out
    yet, and whether anything was changed."""

    status: str
    asked: str | None
    changed: bool = True


class Source(ABC):
    """A store or an API; `with` closes it.

    Each method raises StoreUnavailable while nothing answers, and SettingsError where an API does
    not know the token, or does not allow it what is asked for.
    """

    #: An API's URL; None of a store.
    address: str | None = None

    @abstractmethod
    def now(self) -> datetime:
        """The time there, after a read."""

    @abstractmethod
    def task(self, task_id: str) -> bytes | None:
        """A task's body, as its status endpoint answers; None without a record."""

    @abstractmethod
    def tasks(self, asked: ListRequest, *, whole: bool = False) -> Listed:
        """A page of tasks; `whole` rows omit no field.

        Raises:
            InvalidEvent: filters that do not go together.
        """

    @abstractmethod
    def beginning(self, text: str) -> Iterable[str]:
        """Ids of recent tasks that begin so."""

    @abstractmethod
    def timeline(self, task_id: str) -> bytes | None:
        """The body of a task's timeline; None without a record."""

    @abstractmethod
    def log(self, task_id: str, after: int | None, limit: int) -> list[Line]:
        """Lines of a task's log after a number, `limit` at most; the newest ones for None.

        Raises:
            TaskNotFound: there is no record.
        """

    @abstractmethod
    def workflow(self, workflow_id: str) -> bytes | None:
        """A workflow's body; None if there is none."""

    @abstractmethod
    def workflows(self, page: int, limit: int) -> Listed:
        """A page of workflows, without counts of statuses."""

    @abstractmethod
    def workers(self) -> dict[str, Any]:
        """The body of the list of workers."""

    @abstractmethod
    def ask(self, task_id: str, action: Action, reason: str | None = None) -> Asked:
        """Asks a task for an act.

        Raises:
            TaskNotFound: there is no record.
            TransitionRefused: its status does not allow it.
        """

    @abstractmethod
    def ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Asks many tasks, as the body of `POST /internal/act` says; its answer."""

    @abstractmethod
    def ask_all(self, workflow_id: str, action: Action, reason: str | None = None) -> str | None:
        """Asks the members of a workflow; the act's id, None where it was asked before.

        Raises:
            WorkflowNotFound: there is no workflow.
            TransitionRefused: its status does not allow it.
        """

    @abstractmethod
    def carry_out(self, workflow_id: str, act_id: str, within_s: float = inf) -> None:
        """Has those members follow that write nothing by themselves; what is left after so many
        seconds is left to the workers' pass."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return
