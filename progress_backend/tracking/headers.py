"""The message headers that a record fills in or is made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ..flows.stored_record import Applied, Base, created
from ..record import events as ev
from ..record.default_texts import text
from ..record.failures import described
from ..record.model import NOT_PUBLISHED, rendered, replace
from .decorator import HEADER
from .identity import CREATED_AT, DIGEST, PUBLISHED_AT
from .tracker import Tracker

#: Key in the request that a worker's main process passes to its pool: the number of the run. It is
#: not in delivery_info, which `inspect` shows.
RUN = "progress_run"
#: The same of a message that was delivered again: true where the worker has no other run of it.
ALONE = "progress_alone"
#: Revision of a planned record once its message leaves.
_PUBLISHED: Final = 2


def runs(applied: Applied) -> bool:
    """Whether a publish's task id is that of a task which a worker runs already."""
    return applied.document is None and applied.task.started_at is not None


def is_new(applied: Applied) -> bool:
    """Whether a publish has made its task's record."""
    return applied.document is not None and applied.task.revision == 1


def add_created(applied: Applied, headers: dict[str, Any]) -> None:
    """Adds the record's creation time and digest to a message's header, so that the worker can
    record the start without a read."""
    header = headers[HEADER]
    if applied.task.metadata and "metadata" not in header:
        return  # too large for the header: only the record has it
    task = applied.task
    if applied.document is None or task.revision > _PUBLISHED:
        return
    if task.member is not None and task.member.acts:
        return  # something is asked of its workflow, which only the record has
    if task.revision == _PUBLISHED:
        if task.member is None or task.attempt or task.started_at is not None:
            return
        header[PUBLISHED_AT] = rendered(task.updated_at)  # a planned record's message leaves
    header[CREATED_AT] = rendered(task.created_at)
    header[DIGEST] = applied.base.digest


def created_by_publisher(task_id: str, header: Mapping[str, Any], made: ev.Created) -> Base | None:
    """The record as its publisher has written it, from the creation time and digest in a message's
    header; None without valid ones, since a header may hold anything."""
    digest, time = header.get(DIGEST), _time_in(header, CREATED_AT)
    if time is None or not isinstance(digest, str):
        return None
    base = created(task_id, made, time, digest)
    if PUBLISHED_AT not in header:
        return base
    if (published_at := _time_in(header, PUBLISHED_AT)) is None:
        return None
    task = replace(base.task, updated_at=published_at, revision=_PUBLISHED)
    return base._replace(task=task)


def _time_in(header: Mapping[str, Any], name: str) -> datetime | None:
    given = header.get(name)
    try:
        time = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return None if time is None or time.tzinfo is None else time


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
