"""The specification's service methods, as calls of flows: the common base of its services."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from ..errors import ConcurrentUpdate, TaskNotFound
from ..flows import workflows
from ..flows.stored_record import Applied
from ..record import act_request, caller_events, reader_view
from ..record.act import Action
from ..record.default_texts import Locale
from ..record.events import Cancelled, Event
from .act_on_many import act_on, event_of
from .flow_methods import Body, loaded
from .health_methods import HealthMethods
from .interface import NotificationServiceInterface
from .list_methods import ListMethods
from .workflow_methods import WorkflowMethods

T = TypeVar("T")
logger = logging.getLogger(__name__)

#: Longest pauses between the tries of a commit that other writers prevent; together mostly a
#: second.
_TURNS_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28)

#: The methods that answer reads of everything.
_READS: Final[Mapping[str, str]] = {
    "tasks": "get_tasks_list",
    "workflows": "get_workflows_list",
    "workers": "get_workers",
    "health": "health_check",
}

__all__ = ["FlowService", "NotificationServiceInterface"]


class FlowService(ListMethods, WorkflowMethods, HealthMethods, NotificationServiceInterface):
    """The specification's methods on any store that runs flows."""

    @property
    def locale(self) -> Locale:
        """The language of the default texts."""
        return self.flows.settings.locale

    async def apply(self, task_id: str, *events: Event) -> bytes:
        """Records events in one commit; returns the document after it.

        Raises:
            TaskNotFound: there is no record, and the events do not make one.
            TransitionRefused: the record's status refuses an event.
            ConcurrentUpdate: other writers were first in each try.
            TooLarge: the document would be above its limit.
            StoreUnavailable: the store does not answer.
        """
        applied = await self._applied(task_id, events)
        if applied.refused is not None:
            raise applied.refused
        if applied.document is not None:
            return reader_view.seen(applied.document, task_id, self.flows.settings.zone())
        document = await self.run(self.flows.get(task_id))
        if document is None:
            raise TaskNotFound(task_id)
        return document

    async def _applied(self, task_id: str, events: tuple[Event, ...]) -> Applied:
        """Records events in one commit, and tries again after a pause where other writers were
        first."""
        store = await self._store()
        for longest_s in _TURNS_S:
            with contextlib.suppress(ConcurrentUpdate):
                return await self.run(self.flows.ask(task_id, events, store.now()))
            await asyncio.sleep(random.uniform(0, longest_s))
        return await self.run(self.flows.ask(task_id, events, store.now()))

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
            owner: whose task it is, by which lists and callers are limited; 1 to 200 characters.

        Raises:
            InvalidEvent: a value cannot be recorded; the message names it.
            TooLarge: the record would be above 256 KiB.
            StoreUnavailable: the store does not answer.
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
            status: "running" starts a task that is created and resumes one that is paused;
                "paused", "completed" and "error" are the others.
            current_items: items done so far, 0 to 2**53-1; with "completed" the last count unless
                given, or all where that is 0.
            message: text for readers, at most 10,000 characters; without one the old text stays,
                at an end the default text is taken.
            error_message: what went wrong, at most 10,000 characters; with "error" alone.
            results: merged into the record's `results`.
            processing_details: merged into the record's `processing_details`.
            details: HTTP's name for `processing_details`.
            reason: why, with "paused" or `force`; at most 1,000 characters.
            by: who asks, with "paused" or `force`; at most 255 characters, "api" unless given.
            total_items: a total that has become known, 0 to 2**53-1.
            force: with "completed" or "error": end the record although a live worker runs the
                task; the run is stopped at its next update, as by a cancel.

        Raises:
            TaskNotFound: there is no record.
            TaskAlreadyFinished: the task has ended.
            TransitionRefused: the record's status refuses the change, or a live worker runs the
                task, whose record ends with its run.
            InvalidEvent: a value cannot be recorded; the message names it.
            TooLarge: the record would be above 256 KiB.
            ConcurrentUpdate: other writers were first in each try.
            StoreUnavailable: the store does not answer.
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

    async def get_task_status(self, task_id: str) -> Body | None:
        """Reads a task's body, as `GET /internal/task/{task_id}/status` has it; None if there is no
        such task.

        Args:
            task_id: the record's id; that of a workflow without a record gives the workflow as a
                task.

        Raises:
            StoreUnavailable: the store does not answer.
            ForeignValue: the value that is stored under the id is no record.
        """
        now = (await self._store()).now()
        body = await self.run(workflows.task_or_workflow(self.flows, task_id, now))
        return None if body is None else loaded(body)

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
            StoreUnavailable: the store does not answer.
        """
        return loaded(await self.apply(task_id, Cancelled(by=by, reason=reason)))

    async def act(
        self,
        action: Action,
        ids: Sequence[str],
        by: str | None = "api",
        reason: str | None = None,
    ) -> Body:
        """Cancels, pauses or resumes many tasks, each as if it was asked for alone, as `POST
        /internal/act` does.

        Args:
            action: "cancel", "pause" or "resume".
            ids: ids of the tasks, 200 at most.
            by: who asks; kept in the records.
            reason: why; kept in the records.

        Returns:
            `asked`, how many tasks it was asked of; `refused`, the others, each with its
            `task_id`, a `code` and `why` in English; `refused_counts`, how many have each code.

        Raises:
            InvalidEvent: a value is out of bounds.
            StoreUnavailable: the store does not answer; some tasks may have been asked.
        """
        act_request.check(action, ids)
        caller_events.who_and_why(by, reason)
        event = event_of(action, by, reason)
        done = await act_on(ids, lambda task_id: self.apply(task_id, event))
        return done.body()

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
            case "GET", ["", "internal", "workflow", workflow_id, "status"] if workflow_id:
                return await self.get_workflow_status(workflow_id)
            case "POST", ["", "internal", "task", task_id, "cancel"] if task_id:
                return await self.cancel_task(task_id, **data)
            case "PUT", ["", "internal", "workflow", workflow_id, "update"] if workflow_id:
                return await self.update_workflow(workflow_id, **data)
            case "POST", ["", "internal", "workflow", workflow_id, "cancel"] if workflow_id:
                return await self.cancel_workflow(workflow_id, **data)
            case "POST", ["", "internal", "act"]:
                return await self.act(**data)
            case "GET", ["", "internal", name] if name in _READS:
                return await getattr(self, _READS[name])(**data)
        raise ValueError(f"Unknown endpoint: {method} {endpoint}")
