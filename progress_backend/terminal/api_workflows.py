"""Where the terminal reads workflows: an API at a URL (`progress-backend serve`)."""

from __future__ import annotations

from datetime import datetime

from ..record.json_text import dumps
from .api_client import ApiClient
from .workflow_source import Members, WorkflowSource


class ApiWorkflows(WorkflowSource):
    """The workflows that an API answers with."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def workflow(self, workflow_id: str) -> bytes | None:
        """See `WorkflowSource`."""
        return self._api.status("workflow", workflow_id)

    def members(self, workflow_id: str, status: str | None, limit: int, page: int = 1) -> Members:
        """See `WorkflowSource`."""
        query = {"workflow_id": workflow_id, "limit": limit, "status": status, "page": page}
        body = self._api.listed("tasks", query)
        found = tuple(dumps(row).encode() for row in body["tasks"])
        return Members(found, body["summary"], body["pagination"]["total"])

    def page(self, page: int, limit: int) -> tuple[list[bytes], int]:
        """See `WorkflowSource`."""
        body = self._api.listed("workflows", {"page": page, "limit": limit})
        rows = [dumps(row).encode() for row in body["workflows"]]
        return rows, body["pagination"]["total"]

    def now(self) -> datetime:
        """The time of the API's last answer, to the second; this machine's before that."""
        return self._api.now()
