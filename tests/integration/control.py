"""What a person does to a job, through the library's service."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from progress_backend import RedisProgressService


class Control:
    """The library's service, as a web application uses it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def cancel(self, task_id: str) -> dict[str, Any]:
        return self._ask(lambda service: service.cancel_task(task_id, reason="not needed", by="me"))

    def pause(self, task_id: str, message: str | None = None) -> dict[str, Any]:
        return self._ask(
            lambda service: service.update_progress(task_id, status="paused", message=message)
        )

    def count(self, task_id: str, count: int, message: str) -> dict[str, Any]:
        return self._ask(
            lambda service: service.update_progress(task_id, current_items=count, message=message)
        )

    def resume(self, task_id: str) -> dict[str, Any]:
        return self._ask(lambda service: service.update_progress(task_id, status="running"))

    def _ask(
        self, call: Callable[[RedisProgressService], Coroutine[Any, Any, dict[str, Any]]]
    ) -> dict[str, Any]:
        async def asked() -> dict[str, Any]:
            async with RedisProgressService(self._url) as service:
                return await call(service)

        return asyncio.run(asked())
