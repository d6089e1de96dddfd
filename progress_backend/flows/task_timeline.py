"""The flow that reads a task's timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import TaskNotFound
from ..operations import records, streams
from ..record import read_timeline, task_json
from ..record.answers import TaskTimeline
from ..record.document import read_stored, written
from ..record.model import Task
from .flow import Flow


def read(task_id: str, more: Callable[[Task], Flow[Sequence[bytes]]] | None = None) -> Flow[bytes]:
    """A task's timeline as clients get it: its entries, and how many were removed. `more` finds
    further entries of the task.

    Raises:
        TaskNotFound: there is no record.
        ForeignValue: the value that is stored there is no record.
    """
    (stored,) = yield from records.read((task_id,))
    if stored is None:
        raise TaskNotFound(task_id)
    task = task_json.task_of(read_stored(stored, task_id))
    found = yield from streams.timeline(task_id)
    also = () if more is None else (yield from more(task))
    entries: list[Any] = read_timeline.read(task, (*found.entries, *also))
    return written(TaskTimeline(task_id, found.gone, entries))
