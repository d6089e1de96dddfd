"""The service's methods for workflows, as calls of flows."""

from __future__ import annotations

from typing import Literal

from ..flows import workflow_acts, workflows
from ..record import caller_events
from ..record.act import Action
from .bodies import loaded
from .flow_methods import FlowMethods
from .interface import Body
from .pagination import pagination


class WorkflowMethods(FlowMethods):
    """The methods for workflows."""

    async def get_workflow_status(self, workflow_id: str) -> Body | None:
        """Reads a workflow's body, as `GET /internal/workflow/{workflow_id}/status` has it; None if
        there is no such workflow.

        Args:
            workflow_id: the id of the result that `apply_async` of the canvas returned.

        Raises:
            StoreUnavailable: the store does not answer.
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
            StoreUnavailable: the store does not answer.
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
            StoreUnavailable: the store does not answer.
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
            StoreUnavailable: the store does not answer.
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
