"""The specification's service interface (4.2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any


class NotificationServiceInterface(ABC):
    """Interface of every notification service (specification 4.2).

    Bodies are dictionaries of the HTTP API's JSON: times in ISO 8601 with milliseconds and offset,
    durations in the unit of their name (`_ms`), counts in items. Every method but `health_check`
    may raise `StoreUnavailable`: the store does not answer.
    """

    @abstractmethod
    async def create_task(self, task_type: str, total_items: int | None, **kwargs: Any) -> str:
        """Makes a record; returns its id, a UUID.

        Args:
            task_type: kind of task, 1 to 255 characters.
            total_items: items to be processed; None if unknown.
            kwargs: `symbol` (a text like `task_type`) and `metadata` (a mapping of what JSON can
                hold).

        Raises:
            InvalidEvent (a ValueError): a value cannot be recorded, or the record is too large.
        """

    @abstractmethod
    async def update_progress(self, task_id: str, **kwargs: Any) -> Mapping[str, Any]:
        """Records new values or an end of a task; returns its body after that.

        Args:
            task_id: the record's id.
            kwargs: `status` is "running" (if left out), "completed", "error" or "paused";
                `current_items` counts the items done; `message` and `error_message` are texts of
                at most 10,000 characters; `results` and `processing_details` are mappings, merged
                into the record's; with "paused", `reason` and `by` are the reason and the name of
                the caller.

        Raises:
            TaskNotFound (a ValueError, as in the specification): there is no record.
            TaskAlreadyFinished (a ValueError, as in the specification): the task has ended.
            TransitionRefused (a ValueError): a worker runs the task, which ends by itself.
            InvalidEvent (a ValueError): a value cannot be recorded, or the record is too large.
            ConcurrentUpdate: other writers changed the record before each try.
        """

    @abstractmethod
    async def get_task_status(self, task_id: str) -> Mapping[str, Any] | None:
        """Reads a task's body; None if there is no such task.

        Args:
            task_id: the record's id.
        """

    @abstractmethod
    async def health_check(self) -> Mapping[str, Any]:
        """Reads the state of the service and its store: `status` is "healthy" or "unhealthy".

        It raises nothing: it reports a store that does not answer.
        """
