"""Rows of the terminal: bodies of tasks, and of workflows among them; and a view of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from ..errors import ProgressError
from ..record.document import checked
from ..record.fields import Body
from ..record.json_text import document_of
from ..record.model import ENDED, KINDS, TaskStatus
from ..record.task_json import own_details

#: Statuses that are shown first when there is not room for all.
FIRST: Final = (TaskStatus.RUNNING, TaskStatus.PAUSED)


class RecordRow(Body, kw_only=True):
    """A task; or a workflow, which has fewer fields in a list."""

    workflow_id: str = ""
    name: str | None = None
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    failures: list[dict[str, Any]] = msgspec.field(default_factory=list)
    error_message: str | None = None
    results: dict[str, Any] = msgspec.field(default_factory=dict)
    processing_details: dict[str, Any] = msgspec.field(default_factory=dict)
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    attempt: int = 0
    final: bool = False

    @staticmethod
    def of(body: Mapping[str, Any]) -> RecordRow:
        """The row of a body, or of a row of a list.

        Raises:
            ForeignValue: it is not one of this version.
        """
        row = checked(_decode, document_of(body))
        own_details(row)
        if row.workflow_id:
            row.error_message = None  # the first failure's
        return row

    @property
    def key(self) -> str:
        """What distinguishes it from all others: a chain has the id of its last task."""
        return key_of_workflow(self.workflow_id) if self.workflow_id else self.task_id

    @property
    def ended(self) -> bool:
        """Whether the status is completed, error or cancelled."""
        return self.status in ENDED

    @property
    def requested(self) -> str | None:
        """The request that is not carried out yet; of a workflow, by members that are open."""
        control = self.control or {}
        action = control.get("action")
        if self.workflow_id:
            followed = action == "pause" and self.status == TaskStatus.PAUSED
            return None if followed or self.end_time else action
        return action if control.get("acknowledged_at", "") is None else None

    @property
    def waits(self) -> bool:
        """Whether it is a task that waits for its start."""
        return self.status == TaskStatus.CREATED and not self.workflow_id

    @property
    def still_runs(self) -> bool:
        """Whether a request has ended it, and its run has not carried that out yet."""
        return self.ended and self.requested is not None

    @property
    def warned(self) -> dict[str, str]:
        """The warnings that hold, and since when."""
        since = {kind: getattr(self.warnings, kind, None) for kind in KINDS}
        return {kind: at for kind, at in since.items() if at}

    def is_over(self, *, confirmed: bool = False) -> bool:
        """Whether it has ended for good, by the store's clock; with `confirmed`, and its run has
        confirmed its cancel."""
        return self.ended and self.final and not (confirmed and self.requested == "cancel")


_decode: Final = msgspec.json.Decoder(RecordRow).decode


def key_of_workflow(workflow_id: str) -> str:
    """The key of a workflow's row."""
    return f"\0{workflow_id}"  # no id has this character


@dataclass(frozen=True, slots=True)
class View:
    """What is watched, as last read from a store or an API: rows in the order in which they are
    shown."""

    tasks: tuple[RecordRow, ...] = ()
    #: Tasks of each status, over all tasks of the store; empty if only some ids are watched.
    counts: Mapping[str, int | None] = field(default_factory=dict)
    #: The number of tasks that could be shown; None where an API does not count them.
    total: int | None = 0
    at: datetime | None = None
    #: Why its tasks are not newer than `at`.
    trouble: ProgressError | None = None
    #: The workflow that the tasks are members of, as a row before theirs.
    workflow: RecordRow | None = None
    #: The store's list of workers, how many tasks of the types among these wait, and what ended
    #: last. They are read once in a while; empty before, and where a token may not read them.
    workers: Mapping[str, Any] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    over: tuple[RecordRow, ...] = ()

    @property
    def now(self) -> datetime:
        """The time that its tasks are shown at."""
        return self.at or datetime.now().astimezone()

    @property
    def rows(self) -> tuple[RecordRow, ...]:
        """The workflow, if there is one, then the tasks."""
        return self.tasks if self.workflow is None else (self.workflow, *self.tasks)

    @property
    def watched(self) -> tuple[RecordRow, ...]:
        """What is waited for: the workflow, or the tasks."""
        return self.tasks if self.workflow is None else (self.workflow,)

    @property
    def ended(self) -> bool:
        """Whether something is waited for, and all of it has ended for good."""
        return bool(self.watched) and all(row.is_over(confirmed=True) for row in self.watched)

    @property
    def completed(self) -> bool:
        """Whether all that is waited for was completed."""
        return all(row.status == TaskStatus.COMPLETED for row in self.watched)
