"""The methods of the specification's services that record what a caller asks for, in memory and on
Redis alike."""

from __future__ import annotations

import logging
import uuid
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from ..record import act_request, caller_events
from ..record.act import Action
from ..record.default_texts import Locale
from ..record.events import Cancelled, Event
from ..settings import Settings
from .act_on_many import act_on, event_of
from .bodies import loaded
from .interface import Body, NotificationServiceInterface

logger = logging.getLogger(__name__)


class TaskMethods(NotificationServiceInterface):
    """Methods that turn a caller's request into events and record those."""

    settings: Settings

    @property
    def locale(self) -> Locale:
        """The language of the default texts."""
        return self.settings.locale

    @abstractmethod
    async def apply(self, task_id: str, *events: Event) -> bytes:
        """Records events in one commit; returns the document after it.

        Raises:
            TaskNotFound: there is no record, and the events do not make one.
            TransitionRefused: the record's status refuses an event.
            ConcurrentUpdate: other writers were first in each try.
            TooLarge: the document would be above its limit.
            StoreUnavailable: the store does not answer.
        """

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
