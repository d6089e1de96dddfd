"""The specification's service on Redis (5.2): tasks, workflows, workers and the health check."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar

from ..errors import ConcurrentUpdate, StoreUnavailable
from ..flows import (
    new_workflow_act,
    shown_record,
    task_list,
    task_log,
    workflow_bodies,
    workflow_checks,
)
from ..flows.flow import Flow
from ..flows.stored_record import Applied
from ..operations import counts
from ..record import caller_events, reader_view
from ..record.act import Action
from ..record.answers import Health, Redis
from ..record.document import written
from ..record.events import Event
from ..record.list_request import ListRequest
from ..settings import Settings
from ..stacks.asking import request, timeline_with
from ..store.async_store import AsyncStore
from ..store.drivers import flows_of
from . import worker_list
from .bodies import as_dict, health, workflow_list
from .bodies import task_list as task_list_body
from .bodies import task_log as log_body
from .progress_service import ProgressService, logged

if TYPE_CHECKING:
    from ..record import bodies

logger = logging.getLogger(__name__)

T = TypeVar("T")
_Opened = tuple[asyncio.AbstractEventLoop, AsyncStore, AsyncGenerator[None]]

#: Longest pauses between the tries of a commit that other writers prevent; together mostly a
#: second.
_TURNS_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28)


class RedisProgressService(ProgressService):
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
            store: an `AsyncStore` to share, with its settings; the service does not close it.

        Raises:
            SettingsError: the URL cannot be used.
        """
        if store is not None:
            settings = store.settings
        elif settings is None:
            settings = Settings(redis_url=redis_url)
        super().__init__(settings)
        self.flows = flows_of(settings)
        self._given = store
        #: The event loop, its store, and what closes that.
        self._opened: _Opened | None = None

    async def apply(self, task_id: str, *events: Event) -> bytes:
        """See `ProgressService.apply`."""
        applied = await self._applied(task_id, events)
        if applied.refused is not None:
            raise applied.refused
        if applied.document is not None:
            body = written(reader_view.seen(applied.document, task_id))
            return logged(task_id, body, *events)
        return written(await self.run(shown_record.record(task_id)))

    async def _applied(self, task_id: str, events: tuple[Event, ...]) -> Applied:
        """Records events in one commit, and tries again after a pause where other writers were
        first."""
        store = await self.opened()
        for longest_s in _TURNS_S:
            with contextlib.suppress(ConcurrentUpdate):
                return await self.run(self.flows.ask(task_id, events, store.now()))
            await asyncio.sleep(random.uniform(0, longest_s))
        return await self.run(self.flows.ask(task_id, events, store.now()))

    async def get_task_status(self, task_id: str) -> bodies.TaskBody | None:
        """Reads a task's body, as `GET /internal/task/{task_id}/status` has it; None if there is no
        such task.

        Args:
            task_id: the record's id; that of a workflow without a record gives the workflow as a
                task.

        Raises:
            ForeignValue: the value that is stored under the id is no record.
        """
        flow = workflow_bodies.task_or_workflow(self.flows, task_id, await self.now())
        return as_dict(await self.run(flow))

    async def get_tasks_list(
        self,
        status: str | None = None,
        task_type: str | None = None,
        symbol: str | None = None,
        page: int = 1,
        limit: int = 20,
        workflow_id: str | None = None,
        top: bool = False,
        warning: str | None = None,
        owner: str | None = None,
        id_prefix: str | None = None,
        created_from: datetime | str | None = None,
        created_to: datetime | str | None = None,
        sort: str = "newest",
        *,
        light: bool = False,
    ) -> bodies.TaskList:
        """Reads one page of tasks, with its pagination and a summary over all tasks.

        Args:
            status: only tasks with this status.
            task_type: only tasks of this type.
            symbol: only tasks with this symbol.
            page: number of the page, from 1.
            limit: tasks per page; 100 if it is more.
            workflow_id: only members of this workflow; the summary is then over these.
            top: tasks outside workflows and outermost workflows, without other filters; with
                sort="running" up to `limit` each of running, paused, waiting and ended ones.
            warning: only tasks with this warning ("stalled" or "late").
            owner: only tasks of this owner; the summary is then over these.
            id_prefix: only tasks with ids that start with this (six characters or more), among the
                newest 10,000 of the running, paused and failed ones, and of all.
            created_from: only tasks created at this time or later: a datetime, or ISO 8601 with an
                offset.
            created_to: only tasks created before this time.
            sort: "newest", "running" (running tasks first) or "ended" (newest end first).
            light: rows without large values, as in `GET /internal/tasks`.

        Raises:
            InvalidEvent: a value is out of bounds, or two filters cannot be combined: status, type
                and symbol do; workflow, warning and owner each alone or with a status.
        """
        request = ListRequest(
            status=status,
            task_type=task_type,
            symbol=symbol,
            owner=owner,
            workflow_id=workflow_id,
            warning=warning,
            top=top,
            id_prefix=id_prefix,
            created_from=created_from,
            created_to=created_to,
            page=page,
            limit=limit,
            sort=sort,
        )
        return await self._list(request, light)

    async def _list(self, request: ListRequest, light: bool) -> bodies.TaskList:
        request.check()
        flow = task_list.listed(self.flows, request, await self.now(), light=light)
        found = await self.run(flow)
        listed = task_list_body(request, found.rows, found.total, found.counts)
        return as_dict(listed)

    async def get_task_timeline(self, task_id: str) -> bodies.TaskTimeline:
        """Reads what happened to a task, as `GET /internal/task/{task_id}/timeline` has it.

        Args:
            task_id: the record's id.

        Raises:
            TaskNotFound: there is no record.
        """
        return as_dict(await self.run(timeline_with(task_id, await self.now())))

    async def request_stack(self, task_id: str) -> bodies.StackRequested:
        """Asks for the stack of a task's job, as `POST /internal/task/{task_id}/stack` does.

        Args:
            task_id: the record's id.

        Raises:
            TaskNotFound: there is no record.
            TransitionRefused: no worker runs the task.
            TooSoon: its stack was asked for less than ten seconds ago, or too many were.
        """
        return as_dict(await self.run(request(task_id, self.settings, await self.now())))

    async def get_task_log(
        self, task_id: str, after: int | None = None, limit: int = task_log.LINES
    ) -> bodies.TaskLog:
        """Reads lines of a task's log, as `GET /internal/task/{task_id}/log` has them.

        Args:
            task_id: the record's id.
            after: only lines behind that of this number; None: the newest ones.
            limit: so many lines at most, 1 to 1,000.

        Raises:
            TaskNotFound: there is no record.
        """
        part = await self.run(task_log.read(task_id, after, limit))
        return as_dict(log_body(task_id, part))

    async def get_workers(self) -> bodies.WorkerList:
        """Reads which workers track tasks, as `GET /internal/workers` has it: each one's name, last
        sign of life and what it runs."""
        flow = worker_list.workers(self.flows, await self.now())
        return as_dict(await self.run(flow))

    async def get_workflow_status(self, workflow_id: str) -> bodies.WorkflowBody | None:
        """Reads a workflow's body, as `GET /internal/workflow/{workflow_id}/status` has it; None if
        there is no such workflow.

        Args:
            workflow_id: the id of the result that `apply_async` of the canvas returned.
        """
        flow = workflow_bodies.status(self.flows, workflow_id, await self.now())
        return as_dict(await self.run(flow))

    async def get_workflows_list(self, page: int = 1, limit: int = 20) -> bodies.WorkflowList:
        """Reads one page of workflows, newest first, with its pagination, as `GET
        /internal/workflows` has it.

        Args:
            page: number of the page, from 1.
            limit: workflows a page; 100 if it is more.

        Raises:
            InvalidEvent: the page or the limit is out of bounds.
        """
        limit = caller_events.paging(page, limit)
        flow = workflow_bodies.page(self.flows, page, limit, await self.now())
        total, rows = await self.run(flow)
        return as_dict(workflow_list(page, limit, total, rows))

    async def update_workflow(
        self,
        workflow_id: str,
        status: Literal["paused", "running"],
        reason: str | None = None,
        by: str | None = "api",
    ) -> bodies.WorkflowBody:
        """Pauses all members of a workflow, or resumes those that are paused, as `cancel_workflow`
        cancels them: one that runs waits at its next update.

        Args:
            workflow_id: the id of the result that `apply_async` of the canvas returned.
            status: "paused" or "running".
            reason: why; kept in each member's record.
            by: who asks; kept in each member's record.

        Raises:
            WorkflowNotFound: no member has a record.
            TaskAlreadyFinished: the workflow has ended.
            TransitionRefused: the workflow is being cancelled.
            InvalidEvent: an argument is unusable; it is named.
        """
        return await self._acted(workflow_id, caller_events.of_a_workflow(status), reason, by)

    async def cancel_workflow(
        self, workflow_id: str, reason: str | None = None, by: str | None = "api"
    ) -> bodies.WorkflowBody:
        """Cancels all members of a workflow that have not ended, and returns its body from before
        they followed: no member begins from then on, and one that runs ends at its next update. It
        returns when those have followed that write nothing by themselves.

        Args:
            workflow_id: the id of the result that `apply_async` of the canvas returned.
            reason: why; kept in each member's record.
            by: who asks; kept in each member's record.

        Raises:
            WorkflowNotFound: no member has a record.
            TaskAlreadyFinished: the workflow has ended.
            InvalidEvent: an argument is unusable; it is named.
        """
        return await self._acted(workflow_id, "cancel", reason, by)

    async def _acted(
        self, workflow_id: str, action: Action, reason: str | None, by: str | None
    ) -> bodies.WorkflowBody:
        caller_events.who_and_why(by, reason)
        flow = new_workflow_act.ask(
            self.flows, workflow_id, action, await self.now(), by=by, reason=reason
        )
        asked, act_id = await self.run(flow)
        if act_id is not None:
            now = (await self.opened()).now
            await self.run(workflow_checks.follow(self.flows, workflow_id, act_id, now))
        return as_dict(asked)

    async def now(self) -> datetime:
        """Reads the time by Redis's clock, in the configured zone."""
        return (await self.opened()).now()

    async def health(self) -> Health:
        """See `ProgressService.health`."""
        sent = time.perf_counter()
        try:
            store = await self.opened()
            counted = await store.execute(self.flows.count(store.now()))
            took_ms = round((time.perf_counter() - sent) * 1000, 1)
            memory = await store.execute(counts.memory())
            await store.try_writes()
        except StoreUnavailable as error:
            logger.warning("the service is unhealthy: %s", error)
            return health(counts.TaskCounts(0, 0, 0), 0, Redis("disconnected", None))
        redis = Redis("connected", took_ms, self.settings.key_prefix)
        body = health(counted, memory.used_bytes, redis)
        unread = None if (targets := self.flows.targets) is None else targets.fault
        faults = (memory.no_writes or store.refusal, memory.eviction, unread)
        if any(faults):
            body.status, body.reason = "degraded", "; ".join(filter(None, faults))
        return body

    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow on Redis."""
        return await (await self.opened()).run(flow)

    async def opened(self) -> AsyncStore:
        """The store, connected; StoreUnavailable while it does not answer."""
        store = self._given
        if store is None:
            loop = asyncio.get_running_loop()
            if self._opened is None or self._opened[0] is not loop:
                store = AsyncStore(self.settings)
                self._opened = loop, store, _closing(store)
                await anext(self._opened[2])
            store = self._opened[1]
        await store.ready()
        return store

    async def close(self) -> None:
        """Closes the connections to Redis that this service opened."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await opened[2].aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _closing(store: AsyncStore) -> AsyncGenerator[None]:
    """Closes a store at the end of its event loop: `asyncio.run` closes the generators that have
    begun in it."""
    try:
        yield
    finally:
        await store.close()
