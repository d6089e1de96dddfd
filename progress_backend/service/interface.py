"""The specification's service interface (4.2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

Body = dict[str, Any]


class NotificationServiceInterface(ABC):
    """What every notification service offers (specification 4.2).

    Bodies are dictionaries of the HTTP API's JSON: times in ISO 8601 with milliseconds and offset,
    spans in the unit of their name (`_ms`), counts in items. Every method may raise
    `StoreUnavailable`, but for `health_check`.
    """

    @abstractmethod
    async def create_task(self, task_type: str, total_items: int | None, **kwargs: Any) -> str:
        """Makes a record; its id, a UUID.

        `task_type` has 1 to 255 characters. `total_items` counts items; None if unknown. Also
        `symbol` (a text like `task_type`) and `metadata` (a mapping of what JSON can hold).

        Raises:
            InvalidEvent (a ValueError): a value cannot be recorded, or the record is too large.
        """

    @abstractmethod
    async def update_progress(self, task_id: str, **kwargs: Any) -> Body:
        """Records news of a task; its body afterwards.

        `status` is "running" (if left out), "completed", "error" or "paused"; `current_items`
        counts the items done; `message` and `error_message` are texts of at most 10,000
        characters; `results` and `processing_details` are mappings, merged into the record's; with
        "paused" `reason` and `by` say why and who asks.

        Raises:
            TaskNotFound, TaskAlreadyFinished: both are ValueErrors, as in the specification.
            TransitionRefused (a ValueError): a worker runs the task, which ends by itself.
            InvalidEvent (a ValueError): a value cannot be recorded, or the record is too large.
            ConcurrentUpdate: others wrote the same record first, again and again.
        """

    @abstractmethod
    async def get_task_status(self, task_id: str) -> Body | None:
        """A task's body; None if there is no such task."""

    @abstractmethod
    async def health_check(self) -> Body:
        """How the service and its store are: `status` is "healthy" or "unhealthy".

        It raises nothing: a store that does not answer is what it tells of.
        """
