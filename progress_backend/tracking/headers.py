"""Names of the message headers with a record's values, and of the keys added to a request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

#: Message header with a call's values.
HEADER: Final = "progress"
#: Two more values in that header: the record's creation time, and its digest.
CREATED_AT: Final = "created_at"
DIGEST: Final = "digest"
#: In the same header, for a planned record: when its message was published.
PUBLISHED_AT: Final = "published_at"
#: Message header of a workflow's members.
WORKFLOW: Final = "progress_workflow"
#: Message header of a task that Celery's beat publishes, from Celery 5.7 on.
BEAT: Final = "celery_beat_task"
#: Message header of OpenTelemetry's trace context.
TRACE: Final = "traceparent"
#: Key in the request that a worker's main process passes to its pool: the number of the run. It is
#: not in delivery_info, which `inspect` shows.
RUN: Final = "progress_run"
#: Another such key, for a redelivered message: true if the worker has no other run of it.
ALONE: Final = "progress_alone"

#: Attribute of a request: the number of its run, unique among all apps of the process.
NUMBER: Final = "_progress_run"


def header_in(request: Any) -> Any:
    """The progress header of a request; an eager run has its headers in another place."""
    found = getattr(request, HEADER, None)
    if found is None and getattr(request, "is_eager", False):
        return request.headers.get(HEADER) if isinstance(request.headers, dict) else None
    return found


def instant(header: Any) -> datetime | None:
    """A message's `eta` or `expires`; None if there is none."""
    if not isinstance(header, str):
        return None
    try:
        time = datetime.fromisoformat(header)
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
