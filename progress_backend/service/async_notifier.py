"""The specification's notifier, for asyncio code outside of Celery."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from ..errors import ProgressError
from ..record.default_texts import Locale, progress_text, text
from ..record.events import Progressed
from ..record.json_text import parsed
from ..record.links import TOO_MANY, link_of
from ..settings import in_tests
from .interface import NotificationServiceInterface
from .progress_service import ProgressService

logger = logging.getLogger(__name__)


class AsyncProgressNotifier:
    """Reports the progress of a task that asyncio code does outside of Celery, through a service:
    the specification's notifier (3.2).

    The first value, the last (current == total) and a changed total are recorded at once, the
    others once per interval at most. A total is recorded too where the record has none.
    `ProgressNotifier(task_id, progress_service)` makes one as well. Each method raises what the
    service's `update_progress` raises.
    """

    def __init__(
        self,
        task_id: str,
        progress_service: NotificationServiceInterface,
        *,
        update_interval: float = 1.0,
        locale: Locale | None = None,
    ) -> None:
        """Takes a record that the service has.

        Args:
            task_id: the record's id.
            progress_service: the service, or another implementation of the interface.
            update_interval: shortest time between two recorded values, in seconds.
            locale: language of the default texts, "ja" or "en"; the service's unless given.
        """
        self.task_id = task_id
        self.progress_service = progress_service
        self.update_interval = update_interval
        # Another implementation of the interface may have no `total_items`, and no default texts.
        ours = progress_service if isinstance(progress_service, ProgressService) else None
        self._locale = locale or (ours.locale if ours else "ja")
        #: Whether this notifier writes the record's total; None until the record was read.
        self._writes_total = None if ours else False
        self._next_due = 0.0
        self._total: int | None = None
        self._held: dict[str, Any] | None = None

    async def update(
        self,
        current: int,
        total: int | None = None,
        message: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Records the task's newest values. Less than an interval after the last ones they are kept
        instead, until newer ones or the end are recorded.

        Args:
            current: items done so far, 0 to 2**53-1.
            total: items in all; None or 0 if unknown.
            message: text for readers; without one the default text of the language.
            details: merged into the record's `processing_details`.

        Raises:
            TaskNotFound: the service has no such record.
            TransitionRefused: the task has ended, or its status refuses the change.
            InvalidEvent: a value cannot be recorded; the message names it.
            StoreUnavailable: the store does not answer.
        """
        total = total or None  # 0 is unknown
        value = {
            "current_items": current,
            "message": message or progress_text(self._locale, current, total),
            "processing_details": details,
        }
        if total is not None and await self._total_is_ours():
            value["total_items"] = total
        now = time.monotonic()
        passes = total != self._total or (total is not None and current >= total)
        if not passes and now < self._next_due:
            self._held = value
            return
        self._next_due, self._total, self._held = now + self.update_interval, total, None
        await self.progress_service.update_progress(self.task_id, status="running", **value)

    async def link(
        self, url: str, title: str | None = None, expires_in: float | None = None
    ) -> None:
        """Adds a link to what the task has made, as `ProgressNotifier.link` does. A link that
        cannot be recorded, a ninth one, or a service without links is logged.

        Args:
            url: http:// or https:// without a user name, or a path on the API's origin.
            title: the text to show, up to 200 characters; without one the address.
            expires_in: seconds after which the link does not work any more.

        Raises:
            TaskNotFound: the service has no such record.
            TransitionRefused: the task has ended.
            StoreUnavailable: the store does not answer.
            ValueError: the link is left out, in a test with `progress_store`.
        """
        service = self.progress_service
        try:
            if not isinstance(service, ProgressService):
                raise ValueError("the service records no links")
            link = link_of(url, title, expires_in, await service.now())
            body = await service.apply(self.task_id, Progressed(links=(link,)))
            if url not in [one["url"] for one in parsed(body).get("links", ())]:
                raise ValueError(TOO_MANY)
        except ValueError as error:
            if in_tests or isinstance(error, ProgressError):
                raise
            logger.warning("a link of task %s is left out: %s", self.task_id, error)

    async def _total_is_ours(self) -> bool:
        """Whether the record had no total when this notifier first got one."""
        if self._writes_total is None:
            body = await self.progress_service.get_task_status(self.task_id)
            self._writes_total = body is not None and body["progress"]["total"] is None
        return self._writes_total

    async def _flush(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await self.progress_service.update_progress(self.task_id, status="running", **held)

    async def complete(
        self, results: Mapping[str, Any] | None = None, message: str | None = None
    ) -> None:
        """Records what was kept, then ends the task as completed.

        Args:
            results: merged into the record's `results`.
            message: text for readers; without one the default text of the language.

        Raises:
            TaskNotFound: the service has no such record.
            TransitionRefused: the task has ended, or a live worker runs it.
            InvalidEvent: a value cannot be recorded; the message names it.
            StoreUnavailable: the store does not answer.
        """
        await self._flush()
        shown = text(self._locale, "completed") if message is None else message
        await self.progress_service.update_progress(
            self.task_id, status="completed", results=results or {}, message=shown
        )

    async def error(self, error_message: str) -> None:
        """Records what was kept, then ends the task with an error; its last values stay.

        Args:
            error_message: what went wrong, at most 10,000 characters.

        Raises:
            TaskNotFound: the service has no such record.
            TransitionRefused: the task has ended, or a live worker runs it.
            InvalidEvent: the text cannot be recorded.
            StoreUnavailable: the store does not answer.
        """
        await self._flush()
        await self.progress_service.update_progress(
            self.task_id,
            status="error",
            error_message=error_message,
            message=text(self._locale, "failed"),
        )
