"""A stored record as a reader gets it: checked, and its times in the reader's zone."""

from __future__ import annotations

import contextlib
from datetime import datetime, tzinfo
from typing import Final

from msgspec import Struct

from ..errors import ForeignValue, printable
from .default_texts import LOCALES, in_language
from .document import PART_TIMES, TIMES, T, read
from .fields import Body
from .local_time import in_its_zone, moment
from .model import Task, TaskStatus, replace
from .task_json import stored_of

#: error_cause of the list's row for a value that is no record.
UNREADABLE: Final = "unreadable"
_CONTROL_TIMES: Final = ("at", "acknowledged_at", "second_run_at")


def seen(stored: bytes, task_id: str, zone: tzinfo) -> Body:
    """A stored record with its times in the reader's zone, and without its checkpoint.

    Raises:
        ForeignValue: the value is no record of this task.
    """
    record = in_zone(read(stored, task_id), zone)
    record.checkpoint = None
    return record


def fault(stored: bytes, task_id: str) -> str | None:
    """What is wrong with the value that is stored for a task; None if it is that task's record."""
    try:
        read(stored, task_id)
    except ForeignValue as error:
        return error.fault
    return None


def row(stored: bytes, task_id: str, zone: tzinfo) -> Body:
    """A stored record as a list's row; for a value that is no record, a row with the fault."""
    try:
        return in_zone(read(stored, task_id), zone)
    except ForeignValue as error:
        return marked(task_id, str(error))


def in_zone(record: T, zone: tzinfo) -> T:
    """A checked record with its times in a zone, each with the offset of its own moment."""
    written = record.updated_at
    changed = _move_times(record, TIMES, zone)
    for name, times in PART_TIMES.items():
        if (part := getattr(record, name)) is not None:
            changed |= _move_times(part, times, zone)
    if (control := record.control) is not None:
        for name in _CONTROL_TIMES:
            # Not checked: these times are only shown.
            with contextlib.suppress(KeyError, TypeError, ValueError):
                control[name] = in_its_zone(control[name], zone)
    if changed and written is not None:
        _move_message(record, moment(written), zone)
    return record


def _move_times(part: Struct, names: tuple[str, ...], zone: tzinfo) -> bool:
    """Writes the times of a record or of a part in a zone; returns whether any text is another."""
    changed = False
    for name in names:
        if (text := getattr(part, name)) is not None and (there := in_its_zone(text, zone)) != text:
            setattr(part, name, there)
            changed = True
    return changed


def _move_message(record: Body, written: datetime, zone: tzinfo) -> None:
    """Writes the time of day in a record's default text in the reader's zone, in the language that
    the text has."""
    code, given, now = record.message_code, record.current_status, record.updated_at
    if code is None or now is None:
        return
    with contextlib.suppress(KeyError, TypeError, ValueError):  # not checked: it may have no time
        args = code["args"]
        moved = {**code, "args": {**args, "time": in_its_zone(args["time"], zone)}}
        for locale in LOCALES:
            if in_language(locale, "", code, written) == given:
                record.message_code = moved
                record.current_status = str(in_language(locale, given, moved, moment(now)))


def marked(task_id: str, why: str) -> Body:
    """A list's row for a value that is no record, with all fields, so that clients can read the
    list."""
    task = Task(printable(task_id), "", status=TaskStatus.ERROR, error_message=why)
    record = stored_of(replace(task, error_cause=UNREADABLE))
    record.final, record.detail, record.bookkeeping = False, why, None
    return record
