"""One page of the list of tasks by an index. Flows; pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..operations import lists
from ..operations.lists import Page, Paged
from ..record import reader_view, responses
from ..record.model import STATUSES
from ..settings import Settings
from . import page_merge
from .cleanup import sweep
from .flow import Flow

#: Reads of one page while entries without a document are removed.
_TRIES = 3


def page(command: Page, settings: Settings) -> Flow[Paged]:
    """A page of rows as readers get them. Entries without a document are removed on the way; a
    value that is no record has a row with the fault."""
    paged = yield from read(command, settings)
    for _ in range(_TRIES - 1):
        holes = tuple(task_id for task_id, document in paged.rows if document is None)
        if not holes:
            break
        yield from sweep(holes, before_ms=0, found_in=command.sets)
        paged = yield from read(command, settings)
    there = [(task_id, stored) for task_id, stored in paged.rows if stored is not None]
    rows = [(task_id, row(stored, task_id, command.light, settings)) for task_id, stored in there]
    return paged._replace(rows=tuple(rows))


def read(command: Page, settings: Settings) -> Flow[Paged]:
    """A page as it is stored."""
    if settings.partitions or command.created or len(command.sets) > 1:
        return (yield from page_merge.merged(command))
    return (yield from lists.page(command))


def row(stored: bytes, task_id: str, light: bool, settings: Settings) -> bytes:
    """A list's row of a value that is stored for a task."""
    document = reader_view.row(stored, task_id, settings.zone())
    return responses.row(document) if light else document


def summary(paged: Paged) -> Mapping[str, int]:
    """The list's summary: how many tasks have each of the six statuses."""
    return dict(zip(STATUSES, paged.counts, strict=True))
