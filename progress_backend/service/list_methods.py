"""The service's methods that read lists and figures of many tasks, as calls of flows."""

from __future__ import annotations

from datetime import datetime

from ..flows import task_list, worker_list
from ..record.list_request import ListRequest
from .bodies import loaded
from .flow_methods import FlowMethods
from .interface import Body
from .pagination import pagination


class ListMethods(FlowMethods):
    """The methods for many tasks."""

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
    ) -> Body:
        """Reads one page of tasks, newest first, with its pagination and a summary over all tasks.

        Args:
            status: only tasks with this status.
            task_type: only tasks of this type.
            symbol: only tasks with this symbol.
            page: number of the page, from 1.
            limit: tasks a page, 1 to 100.
            workflow_id: only members of this workflow; the summary is then over these.
            top: only tasks that are no workflow's member, and outermost workflows, each as
                `get_workflows_list` has it; with no filter.
            warning: only tasks with this warning ("stalled" or "late").
            owner: only tasks of this owner; the summary is then over these.
            id_prefix: only tasks whose ids begin so, of the newest 10,000; six characters at
                least, and no other filter.
            created_from: only tasks created then or later; a datetime, or an ISO 8601 text, with
                an offset.
            created_to: only tasks created before then.
            sort: "newest"; "running" (running tasks first, without a status), or "ended" (by end,
                the last first, of all or with status completed, error or cancelled).

        Task type, symbol and status go together; workflow, warning and owner each alone or with a
        status.

        Raises:
            InvalidEvent: a filter, the page or the limit is out of bounds, or two filters do not
                go together.
            StoreUnavailable: the store does not answer.
        """
        asked = ListRequest(
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
        asked.check()
        now = (await self._store()).now()
        found = await self.run(task_list.listed(self.flows, asked, now))
        return {
            "tasks": [loaded(row) for row in found.rows],
            "pagination": pagination(page, limit, found.total),
            "summary": dict(found.counts),
        }

    async def get_workers(self) -> Body:
        """Reads which workers track tasks, as `GET /internal/workers` has it: each one's name, last
        sign of life and what it runs.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        now = (await self._store()).now()
        return await self.run(worker_list.workers(self.flows, now))
