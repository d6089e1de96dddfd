"""The next document of a run's record after a value, made from the document that the run wrote
last. All other values are recorded by `Records.apply`. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..record import events as ev
from ..record import task_json
from ..record.default_texts import DefaultText, new_texts
from ..record.document import written
from ..record.fields import MAX_DOCUMENT_BYTES
from ..record.local_time import beside
from ..record.model import TaskStatus, replace
from ..record.steps.context import Context
from ..record.steps.values import moved
from .stored_record import ReadRecord, milliseconds
from .task_flows import DUE_STEP_MS, Records
from .task_lifetimes import due_ms, ttl_ms


class InPlace(NamedTuple):
    """A record's next version, which changes no index."""

    base: ReadRecord
    document: bytes
    ttl_ms: int


def in_place(
    flows: Records, base: ReadRecord, event: ev.Progressed, now: datetime
) -> InPlace | None:
    """The record after a value of its newest run; None where more changes than the run's values,
    or where the run may not write. `now` is in whole milliseconds."""
    task = base.task
    if (
        task.status != TaskStatus.RUNNING
        or task.attempt != event.attempt
        or task.warnings is not None
        or task.unknown
        or task.started_at is None
        or task.updated_at is None
        or event.at is not None
        or not base.digest
        or base.due_ms is None
    ):
        return None
    asks = (
        base.stored is None or event.details
    )  # else they were asked for the value before this one
    if asks and any(reacts(task, event) for reacts in flows.on_value):
        return None
    of_user = event.details or event.results or event.error_message
    if of_user or type(event.message) is not DefaultText or flows.redaction.function is not None:
        event = flows.redaction.of(event)
    when = beside(now, task.created_at)
    when = max(when, task.updated_at, task.started_at, task.created_at or when)
    after = moved(task, event, Context(when, flows.settings.locale, task.task_id, 0.0, when))
    if after.rate and after.usual is None:
        return None  # its first rate: the type's past runs are read
    revision = task.revision + 1
    after = replace(after, updated_at=when, revision=revision, **new_texts(task, after))
    known = base.stored
    stored = task_json.stored_of(after) if known is None else task_json.with_values(known, after)
    document = written(stored)
    if len(document) > MAX_DOCUMENT_BYTES:
        return None
    now_ms = milliseconds(now)
    due = due_ms(after, now_ms, flows.settings)
    if due // DUE_STEP_MS != base.due_ms // DUE_STEP_MS:
        return None
    next_base = ReadRecord(after, task_json.digest(document), base.due_ms, stored)
    return InPlace(next_base, document, ttl_ms(base.due_ms, now_ms, flows.settings))
