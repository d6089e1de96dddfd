"""One page of the list of tasks by an index. Flows; pure."""

from __future__ import annotations

from datetime import datetime

from ..operations.lists import Page, Paged
from ..record import light_row, reader_view, responses
from ..record.document import written
from ..settings import Settings
from . import stored_page
from .flow import Flow


def page(wanted: Page, settings: Settings, now: datetime | None = None) -> Flow[Paged]:
    """A page of rows as readers get them, at `now` if that is given. Entries without a document are
    removed on the way; a value that is no record has a row with the fault."""
    paged = yield from stored_page.swept(wanted, settings)
    there = [(task_id, stored) for task_id, stored in paged.rows if stored is not None]
    rows = [(i, row(stored, i, now, wanted.light, settings)) for i, stored in there]
    return paged._replace(rows=tuple(rows))


def row(
    stored: bytes, task_id: str, now: datetime | None, light: bool, settings: Settings
) -> bytes:
    """A list's row of a value that is stored for a task, as it is to be read at `now`."""
    record = reader_view.row(stored, task_id)
    if now is not None:
        responses.as_of(record, now, settings.locale)
    return light_row.row(record) if light else written(record)
