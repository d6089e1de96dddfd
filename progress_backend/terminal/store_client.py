"""A store as the terminal asks it: through the specification's service, on an event loop in a
thread, so that its connections stay open from one answer to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec import to_builtins

from ..daemon import daemon
from ..errors import SettingsError, StoreUnavailable, TaskNotFound
from ..record.caller_events import who_and_why
from ..record.default_texts import Locale
from ..service.act_on_many import act_on, event_of
from ..service.redis_progress_service import RedisProgressService
from ..settings import Settings
from .source import Body, Source

if TYPE_CHECKING:
    from ..jobs.starts import Starts

#: Seconds that the end of the program waits for connections to close.
_CLOSE_S: Final = 1.0


class StoreClient(Source):
    """A store; any thread may ask it. `app`: the Celery app with the jobs that can be started."""

    def __init__(self, settings: Settings, app: Any, address: str, locale: Locale) -> None:
        super().__init__(address, locale)
        self._app = app
        self._starts: Starts | None = None
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
        self, method: str, path: Sequence[str], given: dict[str, Any], key: str | None = None
    ) -> tuple[Body | None, datetime]:
        """See `Source.ask`."""
        asked = asyncio.run_coroutine_threadsafe(
            self._answered(method, path, given, key), self._loop
        )
        try:
            return asked.result()
        finally:
            asked.cancel()  # Ctrl-C may have come before the answer

    async def _answered(
        self, method: str, path: Sequence[str], given: dict[str, Any], key: str | None
    ) -> tuple[Body | None, datetime]:
        try:
            if path[0] == "jobs" or path[-1] == "again":
                task_id = await self._published(path, given, key)
                method, path, given = "GET", ("task", task_id, "status"), {}
            body = await self._body(method, path, given)
        except TaskNotFound:
            body = None
        return body, await self._service.now()

    async def _published(self, path: Sequence[str], given: dict[str, Any], key: str | None) -> str:
        """Publishes a job; its task's id."""
        starts = await self._opened_starts()
        if path[-1] == "again":
            return (await starts.again(path[1], None, key)).task_id
        job = starts.job(path[1], None)
        arguments = job.checked(given)
        identity = starts.identity(job, arguments, None)
        return (await starts.start(job, arguments, identity, key)).task_id

    async def _body(self, method: str, path: Sequence[str], given: dict[str, Any]) -> Body | None:
        if path == ("act",):
            action, by, reason = given["action"], given["by"], given.get("reason")
            who_and_why(by, reason)
            event = event_of(action, by, reason)
            done = await act_on(given["ids"], lambda one: self._service.apply(one, event))
            acted: dict[str, Any] = to_builtins(done)
            return acted
        if path == ("tasks",):
            given["light"] = given.pop("fields", None) is None
        body: Body | None = await self._service.handle_request(
            f"/internal/{'/'.join(path)}", method, given
        )
        return body

    async def _opened_starts(self) -> Starts:
        if self._starts is None:
            if self._app is None:
                raise SettingsError("name the Celery app with the job (-A), or an API (--url)")
            from ..jobs.starts import Starts  # it imports pydantic

            store = await self._service.opened()
            self._starts = await asyncio.to_thread(Starts, self._app, store, self._service)
        return self._starts

    def __exit__(self, *_: object) -> None:
        """Closes the connections."""
        self._loop.call_soon_threadsafe(self._closed.set)
        if self._thread is not None:
            self._thread.join(_CLOSE_S)
