"""The specification's service on Redis, with workers and workflows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from ..flows import worker_list, workflow_acts, workflows
from ..record import caller_events
from ..record.act import Action
from .bodies import loaded, pagination
from .interface import Body
from .progress_service import ProgressService
from .redis_tasks import RedisTasks


class RedisProgressService(RedisTasks):
    """Service with its records in Redis, shared with workers and other services.

    It opens its connections at the first call, for each event loop; `async with` closes them, as
    `close()` does, and the end of `asyncio.run`.
    """

    _endpoints: ClassVar[Mapping[str, str]] = {
        **ProgressService._endpoints,
        "GET /internal/workflow/{id}/status": "get_workflow_status",
        "PUT /internal/workflow/{id}/update": "update_workflow",
        "POST /internal/workflow/{id}/cancel": "cancel_workflow",
        "GET /internal/workflows": "get_workflows_list",
        "GET /internal/workers": "get_workers",
    }

    async def get_workers(self) -> Body:
        """Reads which workers track tasks, as `GET /internal/workers` has it: each one's name, last
        sign of life and what it runs."""
        now = (await self._store()).now()
        return await self.run(worker_list.workers(self.flows, now))

    async def get_workflow_status(self, workflow_id: str) -> Body | None:
        """Reads a workflow's body, as `GET /internal/workflow/{workflow_id}/status` has it; None if
        there is no such workflow.

        Args:
            workflow_id: the id of the result that `apply_async` of the canvas returned.
        """
        now = (await self._store()).now()
        body = await self.run(workflows.status(self.flows, workflow_id, now))
        return None if body is None else loaded(body)

    async def get_workflows_list(self, page: int = 1, limit: int = 20) -> Body:
        """Reads one page of workflows, newest first, with its pagination, as `GET
        /internal/workflows` has it.

        Args:
            page: number of the page, from 1.
            limit: workflows a page, 1 to 100.

        Raises:
            InvalidEvent: the page or the limit is out of bounds.
        """
        caller_events.paging(page, limit)
        now = (await self._store()).now()
        total, rows = await self.run(workflows.page(self.flows, page, limit, now))
        return {
            "workflows": [loaded(row) for row in rows],
            "pagination": pagination(page, limit, total),
        }

    async def update_workflow(
        self,
        workflow_id: str,
        status: Literal["paused", "running"],
        reason: str | None = None,
        by: str | None = "api",
    ) -> Body:
        """Pauses all members of a workflow, or lets those go on that wait, and returns its body
        from before they followed: no member begins from then on, and one that runs waits at its
        next update. It returns when those have followed that write nothing by themselves.

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
        return await self._ask(workflow_id, caller_events.of_a_workflow(status), reason, by)

    async def cancel_workflow(
        self, workflow_id: str, reason: str | None = None, by: str | None = "api"
    ) -> Body:
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
        return await self._ask(workflow_id, "cancel", reason, by)

    async def _ask(
        self, workflow_id: str, action: Action, reason: str | None, by: str | None
    ) -> Body:
        caller_events.who_and_why(by, reason)
        store = await self._store()
        asked = workflow_acts.ask(
            self.flows, workflow_id, action, store.now(), by=by, reason=reason
        )
        body, act_id = await self.run(asked)
        cursor = None if act_id is None else workflow_acts.Cursor()
        while cursor is not None and act_id is not None:
            step = workflow_acts.carry_out(self.flows, workflow_id, act_id, cursor, store.now())
            cursor = await self.run(step)
        return loaded(body)
