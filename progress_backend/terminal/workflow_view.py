"""A workflow and its most urgent members, as last read."""

from __future__ import annotations

import json
from dataclasses import replace

from ..errors import StoreUnavailable, WorkflowNotFound
from ..record import task_json
from ..record.default_texts import Locale
from ..record.model import Task
from .view import FIRST, MOST, View, chosen
from .workflow_source import WorkflowSource
from .workflow_tables import as_row


class WorkflowReader:
    """Reads a workflow again and again; while nothing answers the last view stays."""

    def __init__(
        self, source: WorkflowSource, workflow_id: str, limit: int, locale: Locale
    ) -> None:
        self._source = source
        self._workflow_id = workflow_id
        #: Members shown at most.
        self._limit = min(limit, MOST)
        self._locale = locale
        self._last = View()

    def read(self) -> View:
        """The workflow as it is now.

        Raises:
            WorkflowNotFound: there has never been such a workflow.
        """
        try:
            return self._read()
        except StoreUnavailable as error:
            return replace(self._last, trouble=str(error))

    def _read(self) -> View:
        body = self._source.workflow(self._workflow_id)
        if body is None:
            if self._last.workflow is None:
                raise WorkflowNotFound(self._workflow_id)
            # It was cleaned up: its last version stays on the screen.
            return self._last
        rows: dict[str, Task] = {}
        # Among many members those that run may be far from the newest: they are read first.
        for status in (*FIRST, None):
            members = self._source.members(self._workflow_id, status, self._limit)
            found = map(task_json.decode, members.documents)
            rows.update((task.task_id, task) for task in found)
        self._last = View(
            chosen(rows, self._limit),
            members.counts,
            members.total,
            self._source.now(),
            workflow=as_row(json.loads(body), self._locale),
        )
        return self._last
