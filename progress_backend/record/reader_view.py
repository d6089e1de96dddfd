"""A stored record as a reader gets it: checked, and its times in the reader's zone."""

from __future__ import annotations

import contextlib
from datetime import tzinfo
from typing import Final

from ..errors import ForeignValue, printable
from .default_texts import clock_text, retry_at_text, until_text
from .fields import Stored
from .local_time import in_its_zone, moment
from .model import Task, TaskStatus, replace
from .task_json import PART_TIMES, TIMES, read, stored_of

#: error_cause of the list's row for a value that is no record.
UNREADABLE: Final = "unreadable"
_CONTROL_TIMES: Final = ("at", "acknowledged_at")


def seen(stored: bytes, task_id: str, zone: tzinfo) -> Stored:
    """A stored record with its times in the reader's zone.

    Raises:
        ForeignValue: the value is no record of this task.
    """
    return in_zone(read(stored, task_id), zone)


def fault(stored: bytes, task_id: str) -> str | None:
    """What is wrong with the value that is stored for a task; None if it is that task's record."""
    try:
        read(stored, task_id)
    except ForeignValue as error:
        return error.fault
    return None


def row(stored: bytes, task_id: str, zone: tzinfo) -> Stored:
    """A stored record as a list's row; for a value that is no record, a row with the fault."""
    try:
        return seen(stored, task_id, zone)
    except ForeignValue as error:
        return marked(task_id, str(error))


def in_zone(record: Stored, zone: tzinfo) -> Stored:
    """A checked record with its times in a zone, each with the offset of its own moment."""
    changed = False
    parts = ((getattr(record, name), times) for name, times in PART_TIMES.items())
    for part, names in ((record, TIMES), *parts):
        for name in names if part is not None else ():
            text = getattr(part, name)
            if text is not None and (there := in_its_zone(text, zone)) != text:
                setattr(part, name, there)
                changed = True
    control = record.control or {}
    for name in _CONTROL_TIMES:
        # Not checked, since it is shown only.
        with contextlib.suppress(KeyError, TypeError, ValueError):
            control[name] = in_its_zone(control[name], zone)
    if changed:
        record.current_status = _message_of(record)
    return record


def _message_of(record: Stored) -> str:
    """The record's message with its time of day in the reader's zone; the writer put it there in
    its own."""
    message, now = record.current_status, record.updated_at
    eta = None if record.delivery is None else record.delivery.eta
    for time, with_time in ((record.may_come_again_until, until_text), (eta, retry_at_text)):
        if time is not None and now is not None:
            message = with_time(message, clock_text(moment(time), moment(now)))
    return message


def marked(task_id: str, why: str) -> Stored:
    """A list's row for a value that is no record, with all fields, so that clients can read the
    list."""
    task = Task(printable(task_id), "", status=TaskStatus.ERROR, error_message=why)
    record = stored_of(replace(task, error_cause=UNREADABLE))
    record.final, record.detail = False, why
    return record
