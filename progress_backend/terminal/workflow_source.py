"""Where the terminal reads workflows: a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Self

from ..flows import workflows
from ..flows.task_page import summary
from ..store.any_store import AnyStore


class Members(NamedTuple):
    """Members of a workflow: documents as a list has them, how many there are of each status, and
    how many pass the filter."""

    documents: tuple[bytes, ...]
    counts: Mapping[str, int]
    total: int


class WorkflowSource(ABC):
    """A store or an API; `with` closes it. Each read raises StoreUnavailable while nothing
    answers."""

    @abstractmethod
    def workflow(self, workflow_id: str) -> bytes | None:
        """A workflow's body; None if there is none."""

    @abstractmethod
    def members(self, workflow_id: str, status: str | None, limit: int, page: int = 1) -> Members:
        """The newest members, all or those with a status; a later page has older ones."""

    @abstractmethod
    def page(self, page: int, limit: int) -> tuple[list[bytes], int]:
        """A page of workflows, and how many there are."""

    @abstractmethod
    def now(self) -> datetime:
        """The time there, after a read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class StoreWorkflows(WorkflowSource):
    """The workflows of a store, which it closes at its own end."""

    def __init__(self, store: AnyStore) -> None:
        self._store = store

    def workflow(self, workflow_id: str) -> bytes | None:
        """See `WorkflowSource`."""
        self._store.ready()
        return self._store.run(workflows.status(self._store.flows, workflow_id, self.now()))

    def members(self, workflow_id: str, status: str | None, limit: int, page: int = 1) -> Members:
        """See `WorkflowSource`."""
        flows = self._store.flows
        paged = self._store.run(flows.page(page, limit, status, workflow=workflow_id, light=True))
        found = tuple(document for _, document in paged.rows if document)
        return Members(found, summary(paged), paged.total)

    def page(self, page: int, limit: int) -> tuple[list[bytes], int]:
        """See `WorkflowSource`."""
        self._store.ready()
        total, rows = self._store.run(workflows.page(self._store.flows, page, limit, self.now()))
        return rows, total

    def now(self) -> datetime:
        """See `WorkflowSource`."""
        return self._store.now()

    def __exit__(self, *_: object) -> None:
        self._store.close()
