"""One page of the list of tasks by an index. Flows; pure."""

from __future__ import annotations

from datetime import datetime

from ..operations import lists
from ..operations.lists import Page, Paged
from ..record import reader_view, responses
from ..record.document import written
from ..settings import Settings
from . import page_merge
from .cleanup import sweep
from .flow import Flow

#: Reads of one page while entries without a document are removed.
_TRIES = 3


def page(wanted: Page, settings: Settings, now: datetime | None = None) -> Flow[Paged]:
    """A page of rows as readers get them, at `now` if that is given. Entries without a document are
    removed on the way; a value that is no record has a row with the fault."""
    paged = yield from swept(wanted, settings)
    there = [(task_id, stored) for task_id, stored in paged.rows if stored is not None]
    rows = [(i, row(stored, i, now, wanted.light, settings)) for i, stored in there]
    return paged._replace(rows=tuple(rows))


def swept(wanted: Page, settings: Settings) -> Flow[Paged]:
    """A page as it is stored; entries without a document are removed on the way."""
    paged = yield from read(wanted, settings)
    for _ in range(_TRIES - 1):
        holes = tuple(task_id for task_id, document in paged.rows if document is None)
        if not holes:
            break
        yield from sweep(holes, before_ms=0, found_in=wanted.sets)
        paged = yield from read(wanted, settings)
    return paged


def read(wanted: Page, settings: Settings) -> Flow[Paged]:
    """A page as it is stored."""
    if settings.partitions or wanted.created or len(wanted.sets) > 1:
        return (yield from page_merge.merged(wanted))
    return (yield from lists.page(wanted))


def row(
    stored: bytes, task_id: str, now: datetime | None, light: bool, settings: Settings
) -> bytes:
    """A list's row of a value that is stored for a task, as it is to be read at `now`."""
    record = reader_view.row(stored, task_id, settings.zone())
    if now is not None:
        responses.as_of(record, now, settings.locale)
    return responses.row(record) if light else written(record)
