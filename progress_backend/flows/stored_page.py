"""One page of the list of tasks by an index, as it is stored. Flows; pure."""

from __future__ import annotations

from ..operations import lists
from ..operations.lists import Page, Paged
from ..settings import Settings
from .cleanup import sweep
from .flow import Flow

#: Reads of one page while entries without a document are removed.
_TRIES = 3


def swept(wanted: Page, settings: Settings) -> Flow[Paged]:
    """A page as it is stored; entries without a document are removed on the way."""
    for left in reversed(range(_TRIES)):
        paged = yield from _read(wanted, settings)
        holes = tuple(task_id for task_id, document in paged.rows if document is None)
        if not holes or not left:
            break
        yield from sweep(holes, before_ms=0, found_in=wanted.sets)
    return paged


def _read(wanted: Page, settings: Settings) -> Flow[Paged]:
    if settings.partitions or wanted.created or len(wanted.sets) > 1:
        from . import page_merge  # pages of one set need none

        return (yield from page_merge.merged(wanted))
    return (yield from lists.page(wanted))
