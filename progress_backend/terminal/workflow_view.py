"""A workflow and its most urgent members, as last read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..errors import StoreUnavailable, WorkflowNotFound
from ..record.default_texts import Locale
from ..record.list_request import ListRequest
from ..record.model import Task, TaskStatus
from .rows import FIRST, by_id, chosen, urgency_of_member
from .source import Listed, Source
from .view import MOST, View
from .workflow_tables import as_row

#: Failed members that are shown before the others, the newest of them.
_FAILED: Final = 20
#: Pages of cancelled members that are looked at for those whose runs have yet to confirm it: the
#: first that were created, since these have begun.
_PAGES: Final = 10


class WorkflowReader:
    """Reads a workflow again and again; while nothing answers the last view stays."""

    def __init__(self, source: Source, workflow_id: str, limit: int, locale: Locale) -> None:
        self._source = source
        self._workflow_id = workflow_id
        #: Members shown at most.
        self._limit = min(limit, MOST)
        self._locale = locale
        self._last = View()
        #: The workflow's revision at which all of its runs had confirmed their cancel.
        self._confirmed: int | None = None

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
        found = self._source.workflow(self._workflow_id)
        if found is None:
            if self._last.workflow is None:
                raise WorkflowNotFound(self._workflow_id)
            # It was cleaned up: its last version stays on the screen.
            return replace(self._last, gone=frozenset([self._workflow_id]))
        body = json.loads(found)
        rows: dict[str, Task] = {}
        # Among many members those that failed or run may be far from the newest: they are read
        # first.
        for status, limit in (
            (TaskStatus.ERROR, min(_FAILED, self._limit)),
            *((status, self._limit) for status in (*FIRST, None)),
        ):
            members = self._members(status, limit)
            rows |= by_id(members.rows)
        unconfirmed = self._unconfirmed(body)
        shown = chosen(rows | unconfirmed, self._limit, urgency_of_member)
        self._last = View(
            tuple(sorted(shown, key=lambda task: task.status != TaskStatus.ERROR)),
            members.counts,
            members.total,
            self._source.now(),
            workflow=as_row(body, self._locale, len(unconfirmed)),
        )
        return self._last

    def _unconfirmed(self, body: Mapping[str, Any]) -> dict[str, Task]:
        """Members that are cancelled, and whose runs go on until they have confirmed it; looked for
        once the workflow has ended, among a thousand of them."""
        cancelled, revision = body["counts"]["cancelled"], body["revision"]
        if body["end_time"] is None or not cancelled or revision == self._confirmed:
            return {}
        last, found = -(-cancelled // MOST), dict[str, Task]()
        for page in range(last, max(last - _PAGES, 0), -1):
            tasks = by_id(self._members(TaskStatus.CANCELLED, MOST, page).rows)
            found |= {its_id: task for its_id, task in tasks.items() if task.asked == "cancel"}
        if not found:
            self._confirmed = revision
        return found

    def _members(self, status: str | None, limit: int, page: int = 1) -> Listed:
        asked = ListRequest(workflow_id=self._workflow_id, status=status, limit=limit, page=page)
        return self._source.tasks(asked)
