"""A stored record as a reader gets it: checked, with all fields, and its times in the reader's
zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ..errors import ForeignValue, printable
from .default_texts import clock_text, retry_at_text, until_text
from .document_check import SENT_TIMES, body_of, checked_body, others, sent_body
from .fields import CONTROL, DELIVERY, ESTIMATE, TASK, WARNINGS
from .json_text import document_of
from .local_time import in_its_zone, moment
from .model import Task, TaskStatus

#: error_cause of the list's row for a value that is no record.
UNREADABLE: Final = "unreadable"
#: Checked documents that are cached, and the largest of those in bytes: 16 MiB at most. Most
#: readers read what has not changed since.
_REMEMBERED: Final = 4_096
_SMALL: Final = 4_096


class _Seen(NamedTuple):
    """A checked value: the task's id and the document as a reader gets it, or what is wrong with
    the value."""

    task_id: str
    document: bytes
    fault: str | None = None


def seen(stored: bytes, task_id: str, zone: tzinfo) -> bytes:
    """A stored record with its times in the reader's zone.

    Raises:
        ForeignValue: the value is no record of this task.
    """
    found = (_remembered if len(stored) <= _SMALL else _look)(stored, zone)
    if found.fault is not None:
        raise ForeignValue(task_id, found.fault)
    if found.task_id != task_id:
        raise ForeignValue(task_id, others(found.task_id))
    return found.document


def fault(stored: bytes, task_id: str, zone: tzinfo) -> str | None:
    """What is wrong with the value that is stored for a task; None if it is that task's record."""
    try:
        seen(stored, task_id, zone)
    except ForeignValue as error:
        return error.fault
    return None


def row(stored: bytes, task_id: str, zone: tzinfo) -> bytes:
    """A stored record as a list's row; for a value that is no record, a row with the fault."""
    try:
        return seen(stored, task_id, zone)
    except ForeignValue as error:
        return marked(task_id, str(error))


def sent_in_zone(published: bytes, zone: tzinfo) -> dict[str, Any]:
    """A published record for a message, its times in the reader's zone.

    Raises:
        ForeignValue: the value is no record.
    """
    body = sent_body(published)
    moved = {
        name: there
        for name in SENT_TIMES
        if (text := body[name]) is not None and (there := in_its_zone(text, zone)) != text
    }
    others = ("control", "may_come_again_until", "delivery", "warnings")
    if moved and any(body.get(name) for name in others):
        body = body_of(published)  # these, and the message, have times as well
        in_zone(body, zone)
    else:
        body.update(moved)
        if moved and (estimate := body["estimate"]) is not None:
            for name in ESTIMATE.times:
                estimate[name] = estimate[name] and in_its_zone(estimate[name], zone)
    return body


def in_zone(body: dict[str, Any], zone: tzinfo) -> bool:
    """Writes a checked record's times in a zone, each with the offset of its own moment; whether
    that changed any."""
    changed = False
    parts = (
        (TASK, body),
        (ESTIMATE, body["estimate"]),
        (DELIVERY, body["delivery"]),
        (CONTROL, body["control"]),
        (WARNINGS, body.get("warnings")),
    )
    for part, values in parts:
        if values is None:
            continue
        for name in part.times:
            text = values.get(name)
            # A control's values are not checked: they are shown only.
            if type(text) is not str or (part is CONTROL and not _is_time(text)):
                continue
            if (there := in_its_zone(text, zone)) != text:
                values[name], changed = there, True
    if changed:
        body["current_status"] = _message_of(body)
    return changed


def _message_of(body: dict[str, Any]) -> str:
    """The record's message with its time of day in the reader's zone; the writer put it there in
    its own."""
    message: str = body["current_status"]
    now = body["updated_at"]
    eta = None if body["delivery"] is None else body["delivery"].get("eta")
    for time, with_time in ((body["may_come_again_until"], until_text), (eta, retry_at_text)):
        if time is not None and now is not None:
            message = with_time(message, clock_text(moment(time), moment(now)))
    return message


def _is_time(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True


def _look(stored: bytes, zone: tzinfo) -> _Seen:
    try:
        body = checked_body(stored)
    except ValueError as error:
        return _Seen("", b"", str(error))
    moved = in_zone(body, zone)
    return _Seen(body["task_id"], document_of(body) if moved else stored)


_remembered: Callable[[bytes, tzinfo], _Seen] = lru_cache(maxsize=_REMEMBERED)(_look)


def marked(task_id: str, why: str) -> bytes:
    """A list's row for a value that is no record, with all fields, so that clients can read the
    list."""
    task = Task(printable(task_id), "", status=TaskStatus.ERROR, error_message=why)
    unknown = {field.name: field.default for field in TASK.fields if not field.sparse}
    known = {"error_cause": UNREADABLE, "final": False, "detail": why, "revision": 0}
    return document_of({**unknown, **task.to_dict(), **known})
