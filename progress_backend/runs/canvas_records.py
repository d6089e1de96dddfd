"""Records of canvases that the sender's thread writes: planned records that were too many for one
publish, and their ends if the tasks will not run. It works in steps, so that no value waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from ..flows import workflows
from ..record.events import NeverPublished
from ..store.outage_log import alone
from .writer import Entry, Writer

#: Records in one step.
_STEP = 250


class RecordsJob:
    """Work on many records, a step at a time."""

    def __init__(self, items: Iterator[Any], do: Callable[[Writer, list[Any]], None]) -> None:
        self._items = items
        self._do = do
        self._own: list[Any] = []

    def step(self, writer: Writer) -> bool | None:
        """Does a part of the work; returns whether it was all, None while the store is away.

        Raises:
            StoreUnavailable: the store does not answer; the part is done again.
        """
        if writer.thread.open:
            return None
        self._own = self._own or list(islice(self._items, _STEP))
        if not self._own:
            return True
        with writer.waiting(writer.thread):
            self._do(writer, self._own)
        self._own = []
        return False


def plans(entries: Iterator[Entry]) -> RecordsJob:
    """Creates planned records."""
    since = time.monotonic()

    def begin(writer: Writer, own: list[Entry]) -> None:
        now = writer.store.measured_now()
        at = now - timedelta(seconds=time.monotonic() - since)
        dated = [(run, i, tuple([event.happened_at(at) for event in e])) for run, i, e in own]
        writer.apply_together(dated, now)

    return RecordsJob(entries, begin)


def ends(task_ids: Iterator[str], end: NeverPublished) -> RecordsJob:
    """Ends the records that are still planned."""

    def finish(writer: Writer, own: list[str]) -> None:
        store = writer.store
        with alone("planned members are not ended"):
            store.run(workflows.end_planned(store.flows, own, end, store.measured_now()))

    return RecordsJob(task_ids, finish)
