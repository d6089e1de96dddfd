"""A stored record as a reader gets it: checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..errors import ForeignValue, printable
from .document import read
from .fields import Body
from .model import Task, TaskStatus, replace
from .task_json import stored_of

#: error_cause of the list's row for a value that is no record.
UNREADABLE: Final = "unreadable"


def seen(stored: bytes, task_id: str) -> Body:
    """A stored record without its checkpoint.

    Raises:
        ForeignValue: the value is no record of this task.
    """
    record = read(stored, task_id)
    record.checkpoint = None
    return record


def row(stored: bytes, task_id: str) -> Body:
    """A stored record as a list's row; for a value that is no record, a row with the fault."""
    try:
        return read(stored, task_id)
    except ForeignValue as error:
        return marked(task_id, str(error))


def readable(found: Iterable[tuple[str, bytes | None]]) -> list[Body]:
    """The records among the values that are stored for tasks."""
    rows = [row(stored, task_id) for task_id, stored in found if stored is not None]
    return [record for record in rows if record.detail is None]


def marked(task_id: str, why: str) -> Body:
    """A list's row for a value that is no record, with all fields, so that clients can read the
    list."""
    task = Task(printable(task_id), "", status=TaskStatus.ERROR, error_message=why)
    record = stored_of(replace(task, error_cause=UNREADABLE))
    record.final, record.detail, record.bookkeeping = False, why, None
    return record
