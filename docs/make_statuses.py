"""The table of transitions, from progress_backend/record/transition.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from progress_backend.record import events as ev
from progress_backend.record.act import Act
from progress_backend.record.model import LOST, UPSTREAM, Member, Task, TaskStatus, Worker
from progress_backend.record.transition import (
    ABSENT,
    SAME,
    SUSPECTED,
    TABLE,
    row_of,
    transition,
)

from .tables import markdown

_NOW: Final = datetime(2024, 1, 15, tzinfo=UTC)
_IDENTITY: Final = ev.Identity(task_type="fetch_data")
_WORKER: Final = Worker("lease", "celery@host")

#: One event of each kind; they speak for the run that owns the record.
_EVENTS: Final[dict[type[ev.Event], ev.Event]] = {
    type(event): event
    for event in (
        ev.Created(identity=_IDENTITY),
        ev.Planned(identity=_IDENTITY),
        ev.Started(identity=_IDENTITY, redelivered=True),
        ev.Progressed(attempt=1),
        ev.Paused(attempt=1),
        ev.Resumed(attempt=1),
        ev.Acknowledged(attempt=1),
        ev.Retried(attempt=1),
        ev.Requeued(attempt=1),
        ev.Completed(attempt=1),
        ev.Failed(attempt=1, error_message=""),
        ev.Cancelled(attempt=1),
        ev.Ignored(attempt=1),
        ev.Lost(lease="lease", error_message="", revision=1),
        ev.RunRegained(attempt=1),
        ev.Expired(revision=1),
        ev.NeverPublished(error_message="", cause=UPSTREAM),
        ev.Repeated(task_id="new"),
        ev.WorkflowRequested(workflow_id="w", act=Act.made("cancel", 1, None, None)),
    )
}
_HEAD: Final = "status \\ event"


def outcomes(row: str, event: type[ev.Event]) -> tuple[str, ...]:
    """The rows that the event leads to from this one, none if it is refused; asked of the code."""
    if event not in TABLE[row]:
        return ()
    said = _EVENTS[event]
    if row == ABSENT and event is ev.Failed:
        said = ev.Failed(identity=_IDENTITY, error_message="")  # it could not be published
    known = _tasks(row)
    if event is ev.Expired:  # no worker has it
        known = [None if task is None else replace(task, worker=None) for task in known]
    if event is ev.Completed and row in (TaskStatus.ERROR, TaskStatus.CANCELLED):
        # By an older run of its message.
        known = [None if task is None else replace(task, attempt=2) for task in known]
    if event is ev.NeverPublished:  # its message has not left; or its run was replaced
        about = {"member": Member(("w",), planned=True), "attempt_started_at": _NOW}
        known = [None if task is None else replace(task, **about) for task in known]
    if event is ev.WorkflowRequested:  # by its workflow
        known = [None if task is None else replace(task, member=Member(("w",))) for task in known]
    after = [transition(task, said, _NOW, task_id="t") for task in known]
    return tuple(dict.fromkeys(row_of(task) for task in after))


def _tasks(row: str) -> list[Task | None]:
    """Records of the row: one that has begun and, where there is such a thing, one that hasn't."""
    if row == ABSENT:
        return [None]
    status = TaskStatus.ERROR if row == SUSPECTED else row
    begun = Task(
        task_id="t",
        task_type="fetch_data",
        status=status,
        created_at=_NOW,
        started_at=None if status == TaskStatus.CREATED else _NOW,
        attempt=0 if status == TaskStatus.CREATED else 1,
        worker=_WORKER,
        error_cause=LOST if row == SUSPECTED else None,
        # The broker may deliver its message again; no request for it is recorded.
        again_until=_NOW if status == TaskStatus.ERROR else None,
        control={"by": "celery", "reason": ev.STORED} if status == TaskStatus.CANCELLED else None,
        revision=1,
    )
    waiting = replace(begun, started_at=None, attempt=0)
    return [begun, waiting] if row == TaskStatus.PAUSED else [begun]


def table() -> str:
    """One row a status, one column an event."""
    rows = []
    for row in TABLE:
        cells = []
        for event in _EVENTS:
            ends = outcomes(row, event)
            unchanged = ends and TABLE[row][event].to == SAME and ends == (row,)
            cells.append("=" if unchanged else " / ".join(ends) or "–")
        rows.append((f"**{row}**", *cells))
    return markdown((_HEAD, *(event.__name__ for event in _EVENTS)), rows)
