"""What a task's record and its message say of each other."""

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

#: In a request, as the worker's main process hands it to its pool: the number of the run that the
#: message leads to. Not in its delivery_info, which `inspect` shows.
RUN = "progress_run"


def runs(applied: Applied) -> bool:
    """Whether the id is that of a task that runs."""
    return applied.document is None and applied.task.started_at is not None


def tell_worker(applied: Applied, headers: dict[str, Any]) -> None:
    """Lets the worker begin without reading the record first."""
    told = headers[HEADER]
    if applied.task.metadata and "metadata" not in told:
        return  # too large to travel: it is in the record
    if applied.document is not None and applied.task.revision == 1:
        told[CREATED_AT] = rendered(applied.task.created_at)
        told[DIGEST] = applied.base.digest


def told_by_publisher(header: Mapping[str, Any]) -> tuple[datetime, str] | None:
    """When the record was made and its digest, if the publisher said so: what came with a message
    may be anything."""
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
    """Failed, unless a run has begun: the message may have left though the publish raised.

    `attempt` is that of the record that was made for the message. 0 where the store did not say so:
    it may have made one all the same. If it is away now, it hears of it, and has a record of that
    `identity`, when it is back.
    """
    if (process := tracker.process) is None:
        return
    message = text(tracker.settings.locale, "not_published", reason=described(error))
    failed = ev.Failed(
        error_message=message, cause=NOT_PUBLISHED, identity=identity, attempt=attempt
    )
    process.sender.record(None, task_id, failed)
