"""The specification's service (3.1, 4.2), with its records in memory."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ..errors import TaskNotFound
from ..flows.stored_record import REQUESTS, encoded, facets_of, milliseconds, steps
from ..flows.task_lifetimes import due_ms
from ..operations.counts import TaskCounts
from ..operations.lists import Filters
from ..record import caller_events, local_time
from ..record.answers import Health, Redis
from ..record.document import body_of
from ..record.events import Cancelled, Created, Event
from ..record.json_text import parsed
from ..record.list_request import ListRequest
from ..record.model import STATUSES, Task, TaskStatus
from ..settings import Settings
from .bodies import as_dict, health, task_list
from .interface import NotificationServiceInterface

if TYPE_CHECKING:
    from ..record.bodies import Health as HealthBody
    from ..record.bodies import TaskBody, TaskList

logger = logging.getLogger(__name__)

#: The endpoint of one record, with its id, which may have slashes.
_OF_ONE: Final = re.compile(r"(/internal/\w+)/(.+)/(\w+)", re.DOTALL)


class ProgressService(NotificationServiceInterface):
    """Service with its records in this process's memory, each deleted 24 h after the task's end."""

    #: The method behind each HTTP method and path, where the service has it.
    _endpoints: ClassVar[Mapping[str, str]] = {
        "POST /internal/create-task": "create_task",
        "PUT /internal/task/{id}/update": "update_progress",
        "GET /internal/task/{id}/status": "get_task_status",
        "POST /internal/task/{id}/cancel": "cancel_task",
        "GET /internal/tasks": "get_tasks_list",
        "GET /internal/health": "health_check",
        "GET /internal/task/{id}/timeline": "get_task_timeline",
        "POST /internal/task/{id}/stack": "request_stack",
        "GET /internal/task/{id}/log": "get_task_log",
        "GET /internal/workflow/{id}/status": "get_workflow_status",
        "PUT /internal/workflow/{id}/update": "update_workflow",
        "POST /internal/workflow/{id}/cancel": "cancel_workflow",
        "GET /internal/workflows": "get_workflows_list",
        "GET /internal/workers": "get_workers",
    }
    #: The keys that a method takes of a request, where others are ignored: as in the specification.
    _takes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "create_task": ("task_type", "total_items", "symbol", "metadata", "owner"),
        "get_task_status": (),
        "get_workflow_status": (),
        "get_workers": (),
        "health_check": (),
    }

    def __init__(
        self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Makes an empty service.

        Args:
            settings: settings of the records; the defaults unless given.
            clock: seconds since 1970; in tests a `progress_backend.testing.Clock`.
        """
        self.settings = settings or Settings()
        self._clock = clock
        #: The language of the default texts.
        self.locale = self.settings.locale
        #: By task id, the newest last: the task and its body.
        self._tasks: dict[str, tuple[Task, bytes]] = {}
        self._next_cleanup_ms = 0

    async def create_task(  # type: ignore[override]  # an unknown keyword is an error
        self,
        task_type: str,
        total_items: int | None,
        symbol: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        owner: str | None = None,
    ) -> str:
        """Creates a record for work outside of Celery, or ahead of `apply_async(task_id=…)`: the
        task then continues the record. Returns its id, a UUID.

        Args:
            task_type: kind of task, by which lists are filtered; 1 to 255 characters.
            total_items: items to be processed, 0 to 2**53-1; None or 0 if unknown.
            symbol: label, by which lists are filtered; 1 to 255 characters.
            metadata: anything else worth keeping; values that JSON can hold.
            owner: by which lists and callers are limited; 1 to 200 characters.

        Raises:
            InvalidEvent: a value cannot be recorded, or the record would be above 256 KiB.
        """
        task_id = str(uuid.uuid4())
        event = caller_events.creation(task_type, total_items, symbol, metadata, owner)
        await self.apply(task_id, event)
        return task_id

    async def update_progress(  # type: ignore[override]  # an unknown keyword is an error
        self,
        task_id: str,
        status: str = "running",
        current_items: int | None = None,
        message: str | None = None,
        error_message: str | None = None,
        results: Mapping[str, Any] | None = None,
        processing_details: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        reason: str | None = None,
        by: str | None = None,
        total_items: int | None = None,
        force: bool = False,
    ) -> TaskBody:
        """Records new values of a task, or its end, in one commit; returns its body after that.

        Args:
            task_id: the record's id.
            status: "running" (starts or resumes the task), "paused", "completed" or "error".
            current_items: items done so far, 0 to 2**53-1; without it the last count stays, and
                while a worker's run reports its own count.
            message: text for readers, at most 10,000 characters; an end has a default text.
            error_message: what went wrong, at most 10,000 characters; with "error" alone.
            results: merged into the record's `results`.
            processing_details: merged into the record's `processing_details`.
            details: the same under its HTTP name, used if both are given.
            reason: why, with "paused" or `force`; at most 1,000 characters.
            by: who asks, with "paused" or `force`; at most 255 characters, "api" unless given.
            total_items: a total that has become known, 0 to 2**53-1.
            force: end the record although a live worker runs the task: as a cancel, it stops it.

        Raises:
            TaskNotFound: there is no record.
            TaskAlreadyFinished: the task has ended.
            TransitionRefused: the status refuses the change, or the run of a live worker ends it.
            InvalidEvent: a value cannot be recorded, or the record would be above 256 KiB.
            ConcurrentUpdate: other writers were first in each try.
        """
        events = caller_events.update(
            status,
            current_items=current_items,
            message=message,
            error_message=error_message,
            results=results,
            details=processing_details if details is None else details,
            reason=reason,
            by=by,
            total_items=total_items,
            force=force,
            locale=self.locale,
        )
        return as_dict(await self.apply(task_id, *events))

    async def cancel_task(
        self, task_id: str, reason: str | None = None, by: str | None = "api"
    ) -> TaskBody:
        """Cancels a task that has not ended, and returns its body after that: a queued task never
        begins, a running one ends at its next update.

        Args:
            task_id: the record's id.
            reason: why; kept in the record.
            by: who asks; kept in the record.

        Raises:
            TaskNotFound: there is no record.
            TaskAlreadyFinished: the task has ended.
            ConcurrentUpdate: other writers were first in each try.
        """
        return as_dict(await self.apply(task_id, Cancelled(by=by, reason=reason)))

    async def get_task_status(self, task_id: str) -> TaskBody | None:
        """Reads a task's body, as `GET /internal/task/{task_id}/status` has it; None if there is no
        such task.

        Args:
            task_id: the record's id.
        """
        self._now()
        found = self._tasks.get(task_id)
        return None if found is None else parsed(found[1])

    async def get_tasks_list(
        self,
        status: str | None = None,
        task_type: str | None = None,
        symbol: str | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> TaskList:
        """Reads one page of tasks, newest first, with its pagination and a summary over all tasks.

        Args:
            status: only tasks with this status.
            task_type: only tasks of this type.
            symbol: only tasks with this symbol.
            page: number of the page, from 1.
            limit: tasks a page; 100 if it is more.

        Raises:
            InvalidEvent: a filter, the page or the limit is out of bounds.
        """
        asked = ListRequest(
            status=status, task_type=task_type, symbol=symbol, page=page, limit=limit
        )
        asked.check()
        limit = asked.limit
        self._now()
        tasks = list(reversed(self._tasks.values()))
        filters = Filters(asked.status, asked.task_type, asked.symbol)
        found = [body for task, body in tasks if filters.passes(facets_of(task))]
        statuses = [task.status for task, _ in tasks]
        counts = {status: statuses.count(status) for status in STATUSES}
        rows = found[(page - 1) * limit : page * limit]
        return as_dict(task_list(asked, rows, len(found), counts))

    async def health_check(self) -> HealthBody:
        """Reads the state of the service, as `GET /internal/health` has it: `status` is "healthy",
        "degraded" with a `reason`, or "unhealthy" while the store does not answer. It raises
        nothing."""
        return as_dict(await self.health())

    async def health(self) -> Health:
        """As `health_check`, not yet as a dictionary."""
        now, stored = self._now(), self._tasks.values()
        created = [(task.created_at or now).date() for task, _ in stored]
        running = sum(task.status == TaskStatus.RUNNING for task, _ in stored)
        counted = TaskCounts(len(created), running, created.count(now.date()))
        redis = Redis("not used", None)  # type: ignore[arg-type]  # which the API never answers
        return health(counted, sum(len(body) for _, body in stored), redis)

    async def handle_request(
        self, endpoint: str, method: str, data: Mapping[str, Any] | None = None
    ) -> Any:
        """Calls the service's method for an HTTP path and method: the specification's one entry.

        Args:
            endpoint: the path, such as `/internal/task/{task_id}/status`.
            method: the HTTP method in capitals.
            data: the body, or the query, as the method's keywords; None for none. A read of a task
                and the health check ignore it, `create-task` ignores unknown keys.

        Raises:
            ValueError: there is no such endpoint.
            TypeError: an update, a cancel or a list does not know a key.
        """
        ids, path = [], endpoint
        if (of_one := _OF_ONE.fullmatch(endpoint)) is not None:
            ids, path = [of_one[2]], f"{of_one[1]}/{{id}}/{of_one[3]}"
        called = self._endpoints.get(f"{method} {path}", "")
        if (call := getattr(self, called, None)) is None:
            raise ValueError(f"Unknown endpoint: {method} {endpoint}")
        values = data or {}
        if (takes := self._takes.get(called)) is not None:
            values = {key: values.get(key) for key in takes}
        return await call(*ids, **values)

    async def apply(self, task_id: str, *events: Event) -> bytes:
        """Records events in one commit; returns the body after it. It raises what
        `update_progress` raises."""
        now = self._now()
        known = self._tasks[task_id][0] if task_id in self._tasks else None
        if known is None and not isinstance(events[0], Created):
            raise TaskNotFound(task_id)
        given = tuple([self.settings.redaction.of(event, False) for event in events])
        task = steps(task_id, known, given, now, self.settings)[-1][2]
        task, document = encoded(task, all(isinstance(event, REQUESTS) for event in events))
        self._tasks[task_id] = task, body_of(document)
        return logged(task_id, self._tasks[task_id][1], *events)

    async def now(self) -> datetime:
        """The time of the records."""
        return self._now()

    def _now(self) -> datetime:
        """The time, in whole milliseconds; once an interval it deletes what is due."""
        now = local_time.at(int(self._clock() * 1000) / 1000, self.settings.zone())
        if (now_ms := milliseconds(now)) >= self._next_cleanup_ms:
            self._next_cleanup_ms = now_ms + int(self.settings.cleanup_interval_s * 1000)
            for task, _ in tuple(self._tasks.values()):
                if due_ms(task, milliseconds(task.updated_at or now), self.settings) <= now_ms:
                    del self._tasks[task.task_id]
                    logger.info("Cleaned up old task %s", task.task_id)
        return now


def logged(task_id: str, body: bytes, *events: Event) -> bytes:
    """The body of a task after events, which are logged."""
    for event in events:
        if isinstance(event, Created):
            logger.info("Created task %s: %s", task_id, event.identity.task_type)
        elif isinstance(event, Cancelled):
            logger.info("Cancelled task %s", task_id)
        elif event is events[-1] and logger.isEnabledFor(logging.DEBUG):
            task = parsed(body)
            counts = task["progress"]["current"], task["progress"]["total"]
            logger.debug("Updated task %s: %s (%s/%s)", task_id, task["status"], *counts)
    return body
