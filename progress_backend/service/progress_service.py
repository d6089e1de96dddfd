"""The specification's service, with its records in memory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..errors import TaskNotFound
from ..flows.stored_record import encoded, milliseconds
from ..flows.task_flows import REQUESTS
from ..flows.task_lifetimes import due_ms
from ..operations import counts
from ..record.document import body_of
from ..record.events import Created, Event
from ..record.list_request import ListRequest
from ..record.local_time import LocalTime
from ..record.model import STATUSES, Task, TaskStatus
from ..record.transition import transition
from ..settings import Settings
from .bodies import health, loaded
from .interface import Body
from .pagination import pagination
from .task_methods import TaskMethods


class _Kept(NamedTuple):
    """A task, its body as JSON, and from when it may be deleted (ms)."""

    task: Task
    document: bytes
    due_ms: int


class ProgressService(TaskMethods):
    """Service with its records in this process's memory, each deleted 24 h after the task's end."""

    def __init__(
        self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Makes an empty service.

        Args:
            settings: settings of the records; the defaults unless given.
            clock: seconds since 1970; another one for tests, such as
                `progress_backend.testing.Clock`.
        """
        self.settings = settings or Settings()
        self._clock, self._local = clock, LocalTime(self.settings.zone())
        self._redaction = self.settings.redaction
        #: By task id, the newest last.
        self._tasks: dict[str, _Kept] = {}
        self._next_cleanup_ms = 0

    async def apply(self, task_id: str, *events: Event) -> bytes:
        """Records events in one commit; returns the body after it.

        Raises:
            TaskNotFound: there is no record, and the events do not make one.
            TransitionRefused: the record's status refuses an event.
            ConcurrentUpdate: other writers were first in each try.
            TooLarge: the document would be above its limit.
            StoreUnavailable: the store does not answer.
        """
        now, kept = self._now(), self._tasks.get(task_id)
        if kept is None and not isinstance(events[0], Created):
            raise TaskNotFound(task_id)
        known = task = None if kept is None else kept.task
        for event in events:
            task = transition(
                task,
                self._redaction.of(event),
                now,
                task_id=task_id,
                locale=self.locale,
                lease_s=self.settings.lease_s,
                revision=1 if known is None else known.revision + 1,
            )
        assert task is not None, "there is an event"
        clip = all(isinstance(event, REQUESTS) for event in events)
        task, document = encoded(task, clip)
        body, due = body_of(document), due_ms(task, milliseconds(now), self.settings)
        self._tasks[task_id] = _Kept(task, body, due)
        return body

    def _now(self) -> datetime:
        """The time, in whole milliseconds; once an interval it deletes what is due."""
        now = self._local.at(int(self._clock() * 1000) / 1000)
        now_ms = milliseconds(now)
        if now_ms >= self._next_cleanup_ms:
            self._next_cleanup_ms = now_ms + int(self.settings.cleanup_interval_s * 1000)
            self._tasks = {i: kept for i, kept in self._tasks.items() if kept.due_ms > now_ms}
        return now

    async def get_task_status(self, task_id: str) -> Body | None:
        """Reads a task's body, as `GET /internal/task/{task_id}/status` has it; None if there is no
        such task.

        Args:
            task_id: the record's id.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        self._now()
        kept = self._tasks.get(task_id)
        return None if kept is None else loaded(kept.document)

    async def get_tasks_list(
        self,
        status: str | None = None,
        task_type: str | None = None,
        symbol: str | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> Body:
        """Reads one page of tasks, newest first, with its pagination and a summary over all tasks.

        Args:
            status: only tasks with this status.
            task_type: only tasks of this type.
            symbol: only tasks with this symbol.
            page: number of the page, from 1.
            limit: tasks a page, 1 to 100.

        Raises:
            InvalidEvent: a filter, the page or the limit is out of bounds.
            StoreUnavailable: the store does not answer.
        """
        ListRequest(
            status=status, task_type=task_type, symbol=symbol, page=page, limit=limit
        ).check()
        self._now()
        found = [
            kept.document
            for kept in reversed(self._tasks.values())
            if status in (None, kept.task.status)
            and task_type in (None, kept.task.task_type)
            and symbol in (None, kept.task.symbol)
        ]
        counted = Counter(kept.task.status for kept in self._tasks.values())
        start = (page - 1) * limit
        return {
            "tasks": [loaded(document) for document in found[start : start + limit]],
            "pagination": pagination(page, limit, len(found)),
            "summary": {status: counted[status] for status in STATUSES},
        }

    async def health_check(self) -> Body:
        """Reads the state of the service and its store, as `GET /internal/health` has it. It raises
        nothing."""
        now, kept = self._now(), self._tasks.values()
        today = now.astimezone(self.settings.zone())
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        counted = counts.Counted(
            records=len(kept),
            active=sum(one.task.status == TaskStatus.RUNNING for one in kept),
            recent=sum((one.task.created_at or now) >= midnight for one in kept),
            memory_bytes=sum(len(one.document) for one in kept),
        )
        return health("healthy", counted, "not used", None)

    async def handle_request(self, endpoint: str, method: str, data: Mapping[str, Any]) -> Any:
        """Calls the service's method for an HTTP path and method: the specification's single entry
        point.

        Args:
            endpoint: the path, such as `/internal/task/{task_id}/status`.
            method: the HTTP method in capitals.
            data: the body, or the query, as the method's keywords.

        Raises:
            ValueError: there is no such endpoint.
            Exception: whatever the endpoint's method raises.
        """
        match method, endpoint.split("/"):
            case "POST", ["", "internal", "create-task"]:
                return await self.create_task(**data)
            case "PUT", ["", "internal", "task", task_id, "update"] if task_id:
                return await self.update_progress(task_id, **data)
            case "GET", ["", "internal", "task", task_id, "status"] if task_id:
                return await self.get_task_status(task_id)
            case "POST", ["", "internal", "task", task_id, "cancel"] if task_id:
                return await self.cancel_task(task_id, **data)
            case "POST", ["", "internal", "act"]:
                return await self.act(**data)
            case "GET", ["", "internal", "tasks"]:
                return await self.get_tasks_list(**data)
            case "GET", ["", "internal", "health"]:
                return await self.health_check()
        raise ValueError(f"Unknown endpoint: {method} {endpoint}")
