"""The message headers that a record fills in or is made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..flows.stored_record import Applied
from ..record import events as ev
from ..record.default_texts import text
from ..record.failures import described
from ..record.model import NOT_PUBLISHED, rendered
from .decorator import CREATED_AT, DIGEST, HEADER
from .tracker import Tracker

#: Key in the request that a worker's main process passes to its pool: the number of the run. It is
#: not in delivery_info, which `inspect` shows.
RUN = "progress_run"


def runs(applied: Applied) -> bool:
    """Whether a publish's task id is that of a task which a worker runs already."""
    return applied.document is None and applied.task.started_at is not None


def add_created(applied: Applied, headers: dict[str, Any]) -> None:
    """Adds the record's creation time and digest to a message's header, so that the worker can
    record the start without a read."""
    header = headers[HEADER]
    if applied.task.metadata and "metadata" not in header:
        return  # too large for the header: only the record has it
    if applied.document is not None and applied.task.revision == 1:
        header[CREATED_AT] = rendered(applied.task.created_at)
        header[DIGEST] = applied.base.digest


def created_by_publisher(header: Mapping[str, Any]) -> tuple[datetime, str] | None:
    """The record's creation time and digest in a message's header; None without valid ones, since a
    header may hold anything."""
    created_at, digest = header.get(CREATED_AT), header.get(DIGEST)
    if not isinstance(created_at, str) or not isinstance(digest, str):
        return None
    try:
        time = datetime.fromisoformat(created_at)
    except ValueError:
        return None
    return None if time.tzinfo is None else (time, digest)


def instant(header: Any) -> datetime | None:
    """A message's `eta` or `expires`; None if there is none."""
    if not isinstance(header, str):
        return None
    try:
        time = datetime.fromisoformat(header)
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def not_published(
    tracker: Tracker,
    task_id: str,
    error: BaseException,
    identity: ev.Identity,
    attempt: int = 0,
) -> None:
    """Records Failed for a task whose publish raised, unless a run has begun: its message may have
    been sent all the same.

    `attempt` is that of the record that was made for the message; 0 where the store did not reply,
    and may have made one all the same. While the store does not answer the event is kept, and makes
    a record with this `identity` if there is none.
    """
    if (process := tracker.process) is None:
        return
    message = text(tracker.settings.locale, "not_published", reason=described(error))
    failed = ev.Failed(
        error_message=message, cause=NOT_PUBLISHED, identity=identity, attempt=attempt
    )
    process.sender.record(None, task_id, failed)
