"""The values of a message's progress header from which a worker computes the record that the
publisher wrote: it records the start without reading Redis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ..flows.first_records import FirstRecords
from ..flows.stored_record import Applied, ReadRecord, created
from ..record import events as ev
from ..record.local_time import in_milliseconds
from ..record.model import rendered, replace
from .headers import CREATED_AT, DIGEST, HEADER, PUBLISHED_AT
from .publish import Publish

#: Revision of a planned record once its message leaves.
_PUBLISHED: Final = 2


def add_record_to_header(publish: Publish, applied: Applied | None) -> None:
    """Sets the publish's attempt from its recorded event (None: the store has not replied). Adds
    the record's creation time and digest to the message's progress header."""
    if applied is None:
        return
    task, header = applied.base.task, publish.headers[HEADER]
    runs = applied.document is None and task.started_at is not None
    publish.attempt = None if runs else task.attempt
    if task.metadata and "metadata" not in header:
        return  # too large for the header: only the record has it
    if applied.document is None or task.revision > _PUBLISHED:
        return
    if task.member is not None and task.member.acts:
        return  # the requests for its workflow (cancel, pause) are in the record only
    if task.revision == _PUBLISHED:
        if task.member is None or task.attempt or task.started_at is not None:
            return
        header[PUBLISHED_AT] = rendered(task.updated_at)  # a planned record's message leaves
    header[CREATED_AT] = rendered(task.created_at)
    header[DIGEST] = applied.base.digest


def is_new(applied: Applied | None) -> bool:
    """Whether a publish has made its task's record."""
    return applied is not None and applied.document is not None and applied.task.revision == 1


def created_by_publisher(
    task_id: str, header: Mapping[str, Any], made: ev.Created, firsts: FirstRecords
) -> ReadRecord | None:
    """The record as its publisher has written it; None without a valid time and digest, since a
    header may hold anything."""
    digest, time = header.get(DIGEST), _time_in(header, CREATED_AT)
    if time is None or not isinstance(digest, str):
        return None
    if PUBLISHED_AT not in header:
        return firsts.known(task_id, made, time, digest) or created(task_id, made, time, digest)
    if (published_at := _time_in(header, PUBLISHED_AT)) is None:
        return None
    base = created(task_id, made, time, digest)
    task = replace(base.task, updated_at=published_at, revision=_PUBLISHED)
    return base._replace(task=task)


def _time_in(header: Mapping[str, Any], name: str) -> datetime | None:
    given = header.get(name)
    try:
        time = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return None if time is None or time.tzinfo is None else in_milliseconds(time)
