"""A store as the terminal's source."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any, Final, TypeVar

from ..flows import (
    short_ids,
    task_list,
    task_log,
    task_timeline,
    worker_list,
    workflow_acts,
    workflows,
)
from ..flows.flow import Flow
from ..record.act import Action
from ..record.list_request import ListRequest
from ..record.log_line import with_id
from ..service.act_on_many import event_of
from ..service.redis_progress_service import RedisProgressService
from ..store.drivers import Store
from .source import Asked, Line, Listed, Source

T = TypeVar("T")

#: Who asks, as the record has it.
BY: Final = "cli"


class StoreSource(Source):
    """Reads a store and asks by it; closes it at its own end."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._flows = store.flows

    def now(self) -> datetime:
        """See `Source`."""
        return self._store.now()

    def task(self, task_id: str) -> bytes | None:
        """See `Source`."""
        document = self._run(self._flows.body(task_id))
        if document is None:
            return None
        return self._flows.as_of(self._run(self._flows.placed(document)), self.now())

    def tasks(self, asked: ListRequest, *, whole: bool = False) -> Listed:
        """See `Source`."""
        asked.check()
        self._store.ready()
        found = self._run(task_list.listed(self._flows, asked, self.now(), light=not whole))
        return Listed(found.rows, found.counts, found.total, found.cursor)

    def beginning(self, text: str) -> Iterable[str]:
        """See `Source`."""
        return self._run(short_ids.beginning(text))

    def timeline(self, task_id: str) -> bytes | None:
        """See `Source`."""
        return self._run(task_timeline.of(task_id, self._store.settings))

    def log(self, task_id: str, after: int | None, limit: int) -> list[Line]:
        """See `Source`."""
        part = self._run(task_log.read(task_id, after, limit))
        return [json.loads(with_id(*line)) for line in part.lines]

    def workflow(self, workflow_id: str) -> bytes | None:
        """See `Source`."""
        self._store.ready()
        return self._run(workflows.status(self._flows, workflow_id, self.now()))

    def workflows(self, page: int, limit: int) -> Listed:
        """See `Source`."""
        self._store.ready()
        total, rows = self._run(workflows.page(self._flows, page, limit, self.now()))
        return Listed(rows, {}, total)

    def workers(self) -> dict[str, Any]:
        """See `Source`."""
        self._store.ready()
        return self._run(worker_list.workers(self._flows, self.now()))

    def ask(self, task_id: str, action: Action, reason: str | None = None) -> Asked:
        """See `Source`."""
        event = event_of(action, BY, reason)
        applied = self._run(self._flows.apply(task_id, (event,), self.now()))
        if applied.refused is not None:
            raise applied.refused
        return Asked(applied.task.status, applied.task.asked, applied.document is not None)

    def ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """See `Source`."""
        return asyncio.run(self._ask_many(asked))

    async def _ask_many(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        async with RedisProgressService(settings=self._store.settings) as service:
            return await service.act(**asked, by=BY)

    def ask_all(self, workflow_id: str, action: Action, reason: str | None = None) -> str | None:
        """See `Source`."""
        asked = workflow_acts.ask(
            self._flows, workflow_id, action, self.now(), by=BY, reason=reason
        )
        _, act_id = self._run(asked)
        return act_id

    def carry_out(self, workflow_id: str, act_id: str, within_s: float = inf) -> None:
        """See `Source`."""
        until = monotonic() + within_s
        cursor: workflow_acts.Cursor | None = workflow_acts.Cursor()
        while cursor is not None and monotonic() < until:
            following = workflow_acts.carry_out(
                self._flows, workflow_id, act_id, cursor, self.now()
            )
            cursor = self._run(following)

    def _run(self, flow: Flow[T]) -> T:
        return self._store.run(flow)

    def __exit__(self, *_: object) -> None:
        self._store.close()
