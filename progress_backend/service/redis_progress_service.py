"""The specification's service on Redis."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, Self, TypeVar
from weakref import WeakSet

from ..errors import ConcurrentUpdate, TaskNotFound
from ..flows import workflows
from ..flows.flow import Flow
from ..flows.stored_record import Applied
from ..flows.task_flows import Flows
from ..record import reader_view
from ..record.document import written
from ..record.events import Event
from ..settings import Settings
from ..store.drivers import AsyncStore
from ..store.outage_log import fault
from ..targets import targets_of
from .bodies import loaded
from .health_methods import HealthMethods
from .interface import Body
from .list_methods import ListMethods
from .progress_service import ProgressService
from .workflow_methods import WorkflowMethods

T = TypeVar("T")

#: Longest pauses between the tries of a commit that other writers prevent; together mostly a
#: second.
_TURNS_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28)

#: Stores by their event loop, and what closes them as that ends.
_stores: dict[asyncio.AbstractEventLoop, tuple[WeakSet[AsyncStore], AsyncGenerator[None]]] = {}


class RedisProgressService(ListMethods, WorkflowMethods, HealthMethods, ProgressService):
    """Service with its records in Redis, shared with workers and other services.

    It opens its connections at the first call, for each event loop; `async with` closes them, as
    `close()` does, and the end of `asyncio.run`.
    """

    def __init__(
        self,
        redis_url: str | None = None,
        *,
        settings: Settings | None = None,
        store: AsyncStore | None = None,
    ) -> None:
        """Names the store; connects to nothing yet.

        Args:
            redis_url: the store's URL, with default settings.
            settings: settings with the store's URL, in place of `redis_url`: those of
                `settings_of(app)` for the records of a Celery app.
            store: an `AsyncStore` to share, whose settings count; the service does not close it.

        Raises:
            SettingsError: the URL cannot be used.
        """
        if store is not None:
            settings = store.settings
        elif settings is None:
            settings = Settings(redis_url=redis_url)
        super().__init__(settings)
        self.flows = Flows(settings, targets_of(settings), fault)
        self._given = store
        self._opened: tuple[asyncio.AbstractEventLoop, AsyncStore] | None = None

    async def apply(self, task_id: str, *events: Event) -> bytes:
        """As `ProgressService.apply`, on Redis."""
        applied = await self._applied(task_id, events)
        if applied.refused is not None:
            raise applied.refused
        if applied.document is not None:
            record = reader_view.seen(applied.document, task_id, self.flows.settings.zone())
            return written(record)
        found = await self.run(self.flows.record(task_id))
        if found is None:
            raise TaskNotFound(task_id)
        return written(found)

    async def _applied(self, task_id: str, events: tuple[Event, ...]) -> Applied:
        """Records events in one commit, and tries again after a pause where other writers were
        first."""
        store = await self._store()
        for longest_s in _TURNS_S:
            with contextlib.suppress(ConcurrentUpdate):
                return await self.run(self.flows.ask(task_id, events, store.now()))
            await asyncio.sleep(random.uniform(0, longest_s))
        return await self.run(self.flows.ask(task_id, events, store.now()))

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
            case "GET", ["", "internal", "workflow", workflow_id, "status"] if workflow_id:
                return await self.get_workflow_status(workflow_id)
            case "PUT", ["", "internal", "workflow", workflow_id, "update"] if workflow_id:
                return await self.update_workflow(workflow_id, **data)
            case "POST", ["", "internal", "workflow", workflow_id, "cancel"] if workflow_id:
                return await self.cancel_workflow(workflow_id, **data)
            case "GET", ["", "internal", "workflows"]:
                return await self.get_workflows_list(**data)
            case "GET", ["", "internal", "workers"]:
                return await self.get_workers()
        return await super().handle_request(endpoint, method, data)

    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow on Redis."""
        return await (await self._store()).run(flow)

    async def _store(self) -> AsyncStore:
        store = self._given
        if store is None:
            loop = asyncio.get_running_loop()
            if self._opened is None or self._opened[0] is not loop:
                self._opened = (loop, AsyncStore(self.settings))
                await _close_with(loop, self._opened[1])
            store = self._opened[1]
        await store.ready()
        return store

    async def close(self) -> None:
        """Closes the connections to Redis that this service opened."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await opened[1].close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _close_with(loop: asyncio.AbstractEventLoop, store: AsyncStore) -> None:
    """Has a store closed at the end of its event loop: `asyncio.run` closes the generators that
    have begun in it."""
    if loop not in _stores:
        for over in [known for known in _stores if known.is_closed()]:
            del _stores[over]
        closing = _closing(loop)
        _stores[loop] = WeakSet(), closing
        await anext(closing)
    _stores[loop][0].add(store)


async def _closing(loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for store in list(_stores.pop(loop, (WeakSet(),))[0]):
            await store.close()
