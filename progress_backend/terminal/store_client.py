"""A store as the terminal asks it: through the specification's service, on an event loop in a
thread, so that its connections stay open from one answer to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ..daemon import daemon
from ..errors import StoreUnavailable, TaskNotFound
from ..record.caller_events import who_and_why
from ..service.act_on_many import act_on, event_of
from ..service.redis_progress_service import RedisProgressService
from ..settings import Settings

#: Seconds that the end of the program waits for connections to close.
_CLOSE_S: Final = 1.0


class StoreClient:
    """Asks a store; any thread may."""

    def __init__(self, settings: Settings) -> None:
        self._service = RedisProgressService(settings=settings)
        self._loop, self._closed = asyncio.new_event_loop(), asyncio.Event()
        self._thread = daemon("progress-terminal", self._run)
        if self._thread is None:
            raise StoreUnavailable("the system has no thread left for calls of the store")

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_closed())

    async def _until_closed(self) -> None:
        async with self._service:
            await self._closed.wait()

    def ask(
        self, method: str, path: Sequence[str], given: dict[str, Any]
    ) -> tuple[Mapping[str, Any] | None, datetime | None]:
        """See `ApiClient.ask`."""
        asked = asyncio.run_coroutine_threadsafe(self._answered(path, given), self._loop)
        try:
            return asked.result()
        finally:
            asked.cancel()  # Ctrl-C may have come before the answer

    async def _answered(
        self, path: Sequence[str], given: dict[str, Any]
    ) -> tuple[Mapping[str, Any] | None, datetime]:
        try:
            body = await self._body(path, given)
        except TaskNotFound:
            body = None
        return body, await self._service.now()

    async def _body(self, path: Sequence[str], given: dict[str, Any]) -> Mapping[str, Any] | None:
        service = self._service
        match path:
            case ("task", task_id, "status"):
                return await service.get_task_status(task_id)
            case ("task", task_id, "timeline"):
                return await service.get_task_timeline(task_id)
            case ("task", task_id, "stack"):
                return await service.request_stack(task_id)
            case ("task", task_id, "log"):
                return await service.get_task_log(task_id, **given)
            case ("tasks",):
                light = given.pop("fields", None) is None
                return await service.get_tasks_list(**given, light=light)
            case ("workflow", workflow_id, "status"):
                return await service.get_workflow_status(workflow_id)
            case ("workflow", workflow_id, "cancel"):
                return await service.cancel_workflow(workflow_id, **given)
            case ("workflow", workflow_id, "update"):
                return await service.update_workflow(workflow_id, **given)
            case ("workflows",):
                return await service.get_workflows_list(**given)
            case ("workers",):
                return await service.get_workers()
        action, by, reason = given["action"], given["by"], given.get("reason")
        who_and_why(by, reason)
        event = event_of(action, by, reason)
        return await act_on(given["ids"], lambda one: service.apply(one, event))

    def close(self) -> None:
        """Closes the connections."""
        self._loop.call_soon_threadsafe(self._closed.set)
        if self._thread is not None:
            self._thread.join(_CLOSE_S)
