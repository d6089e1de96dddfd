"""The specification's service (3.1, 4.2), with its records in memory."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from ..errors import TaskNotFound
from ..flows.stored_record import encoded, milliseconds
from ..flows.task_flows import REQUESTS
from ..flows.task_lifetimes import due_ms
from ..operations.counts import Counted
from ..record import caller_events
from ..record.default_texts import Locale
from ..record.document import body_of
from ..record.events import Cancelled, Created, Event
from ..record.list_request import ListRequest
from ..record.local_time import LocalTime
from ..record.model import STATUSES, Task, TaskStatus
from ..record.transition import transition
from ..settings import Settings
from .bodies import health, loaded, pagination
from .interface import Body, NotificationServiceInterface

logger = logging.getLogger(__name__)


class ProgressService(NotificationServiceInterface):
    """Service with its records in this process's memory, each deleted 24 h after the task's end."""

    #: The method behind each HTTP method and path.
    _endpoints: ClassVar[Mapping[str, str]] = {
        "POST /internal/create-task": "create_task",
        "PUT /internal/task/{id}/update": "update_progress",
        "GET /internal/task/{id}/status": "get_task_status",
        "POST /internal/task/{id}/cancel": "cancel_task",
        "GET /internal/tasks": "get_tasks_list",
        "GET /internal/health": "health_check",
    }

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
        #: By task id, the newest last; and when each may be deleted (ms).
        self._tasks: dict[str, tuple[Task, int]] = {}
        self._next_cleanup_ms = 0

    @property
    def locale(self) -> Locale:
        """The language of the default texts."""
        return self.settings.locale

    async def create_task(  # type: ignore[override]  # an unknown keyword is an error
        self,
        task_type: str,
        total_items: int | None,
        symbol: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        owner: str | None = None,
    ) -> str:
        """Makes a record for work outside of Celery, or ahead of `apply_async(task_id=…)`, whose
        task then adopts the record; returns its id, a UUID.

        Args:
            task_type: kind of task, by which lists are filtered; 1 to 255 characters.
            total_items: items to be processed, 0 to 2**53-1; None or 0 if unknown.
            symbol: label, by which lists are filtered; 1 to 255 characters.
            metadata: anything else worth keeping; values that JSON can hold.
            owner: by which lists and callers are limited; 1 to 200 characters.

        Raises:
            InvalidEvent: a value cannot be recorded; the message names it.
            TooLarge: the record would be above 256 KiB.
        """
        task_id = str(uuid.uuid4())
        event = caller_events.creation(task_type, total_items, symbol, metadata, owner)
        await self.apply(task_id, event)
        logger.info("Created task %s: %s", task_id, task_type)
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
    ) -> Body:
        """Records new values of a task, or its end, in one commit; returns its body after that.

        Args:
            task_id: the record's id.
            status: "running" (starts or resumes the task), "paused", "completed" or "error".
            current_items: items done so far, 0 to 2**53-1; all of them with "completed" where none
                was counted.
            message: text for readers, at most 10,000 characters; at an end a default text is taken
                without one.
            error_message: what went wrong, at most 10,000 characters; with "error" alone.
            results: merged into the record's `results`.
            processing_details: merged into the record's `processing_details`.
            details: HTTP's name for `processing_details`.
            reason: why, with "paused" or `force`; at most 1,000 characters.
            by: who asks, with "paused" or `force`; at most 255 characters, "api" unless given.
            total_items: a total that has become known, 0 to 2**53-1.
            force: with "completed" or "error": end the record although a live worker runs the
                task, whose run is stopped as by a cancel.

        Raises:
            TaskNotFound: there is no record.
            TaskAlreadyFinished: the task has ended.
            TransitionRefused: the record's status refuses the change, or a live worker runs the
                task, whose record ends with its run.
            InvalidEvent: a value cannot be recorded; the message names it.
            TooLarge: the record would be above 256 KiB.
            ConcurrentUpdate: other writers were first in each try.
            TypeError: `details` and `processing_details` are both given.
        """
        if details is not None and processing_details is not None:
            raise TypeError("details and processing_details are one thing: give one of them")
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
        return loaded(await self.apply(task_id, *events))

    async def cancel_task(
        self, task_id: str, reason: str | None = None, by: str | None = "api"
    ) -> Body:
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
        return loaded(await self.apply(task_id, Cancelled(by=by, reason=reason)))

    async def get_task_status(self, task_id: str) -> Body | None:
        """Reads a task's body, as `GET /internal/task/{task_id}/status` has it; None if there is no
        such task.

        Args:
            task_id: the record's id.
        """
        self._now()
        found = self._tasks.get(task_id)
        return None if found is None else _body(found[0])

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
        """
        ListRequest(
            status=status, task_type=task_type, symbol=symbol, page=page, limit=limit
        ).check()
        self._now()
        tasks = [task for task, _ in reversed(self._tasks.values())]
        found = [
            task
            for task in tasks
            if status in (None, task.status)
            and task_type in (None, task.task_type)
            and symbol in (None, task.symbol)
        ]
        counted = Counter(task.status for task in tasks)
        start = (page - 1) * limit
        return {
            "tasks": [_body(task) for task in found[start : start + limit]],
            "pagination": pagination(page, limit, len(found)),
            "summary": {status: counted[status] for status in STATUSES},
        }

    async def health_check(self) -> Body:
        """Reads the state of the service and its store, as `GET /internal/health` has it. It raises
        nothing."""
        now, tasks = self._now(), [task for task, _ in self._tasks.values()]
        today = now.astimezone(self.settings.zone())
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        counted = Counted(
            records=len(tasks),
            active=sum(task.status == TaskStatus.RUNNING for task in tasks),
            recent=sum((task.created_at or now) >= midnight for task in tasks),
            memory_bytes=sum(len(str(task)) for task in tasks),
        )
        return health("healthy", counted, "not used")

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
        path, ids = endpoint, list[str]()
        match endpoint.split("/"):
            case ["", "internal", kind, given, name] if given:
                path, ids = f"/internal/{kind}/{{id}}/{name}", [given]
        if (called := self._endpoints.get(f"{method} {path}")) is None:
            raise ValueError(f"Unknown endpoint: {method} {endpoint}")
        return await getattr(self, called)(*ids, **data)

    async def apply(self, task_id: str, *events: Event) -> bytes:
        """Records events in one commit; returns the body after it. It raises what
        `update_progress` raises."""
        now = self._now()
        known, _ = self._tasks.get(task_id, (None, 0))
        if known is None and not isinstance(events[0], Created):
            raise TaskNotFound(task_id)
        task = known
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
        task, document = encoded(task, all(isinstance(event, REQUESTS) for event in events))
        self._tasks[task_id] = task, due_ms(task, milliseconds(now), self.settings)
        return body_of(document)

    def _now(self) -> datetime:
        """The time, in whole milliseconds; once an interval it deletes what is due."""
        now = self._local.at(int(self._clock() * 1000) / 1000)
        now_ms = milliseconds(now)
        if now_ms >= self._next_cleanup_ms:
            self._next_cleanup_ms = now_ms + int(self.settings.cleanup_interval_s * 1000)
            self._tasks = {key: kept for key, kept in self._tasks.items() if kept[1] > now_ms}
        return now


def _body(task: Task) -> Body:
    return loaded(body_of(encoded(task, clip=False)[1]))
