"""Records of canvases that the sender's thread writes: planned records that were too many for one
publish, and their ends if the tasks will not run. It works in steps, so that no value waits."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any

from ..errors import ProgressError, StoreUnavailable
from ..flows import workflows
from ..record.events import Unreached
from ..store.outage_log import OneAMinute, fault
from .writer import Entry, Writer

logger = logging.getLogger(__name__)

#: Records in one step.
_STEP = 250
#: Most canvases in the queue; when there are more, the oldest are dropped.
_MOST = 1_000


class Job:
    """Work on many records, a step at a time."""

    def __init__(self, items: Iterator[Any], do: Callable[[Writer, list[Any]], None]) -> None:
        self._items = items
        self._do = do
        self._own: list[Any] = []

    def step(self, writer: Writer) -> bool:
        """Does a part of the work; returns whether there may be more.

        Raises:
            StoreUnavailable: the store does not answer; the part is done again.
        """
        self._own = self._own or list(islice(self._items, _STEP))
        if not self._own:
            return False
        with writer.waiting(writer.thread):
            self._do(writer, self._own)
        self._own = []
        return True


def plans(entries: Iterator[Entry]) -> Job:
    """Creates planned records."""
    since = time.monotonic()

    def begin(writer: Writer, own: list[Entry]) -> None:
        now = writer.store.measured_now()
        at = now - timedelta(seconds=time.monotonic() - since)
        dated = [(run, i, tuple([event.happened_at(at) for event in e])) for run, i, e in own]
        writer.apply_together(dated, now)

    return Job(entries, begin)


def ends(steps: Iterator[tuple[str, int | None]], end: Unreached) -> Job:
    """Ends the records that are still planned, or wait as those of replaced runs."""

    def finish(writer: Writer, own: list[tuple[str, int | None]]) -> None:
        store, replaced = writer.store, {i: attempt for i, attempt in own if attempt}
        task_ids, now = [task_id for task_id, _ in own], store.measured_now()
        try:
            store.run(workflows.end_planned(store.flows, task_ids, end, now, replaced))
        except StoreUnavailable:
            raise
        except ProgressError as error:
            fault("planned members are not ended", error)

    return Job(steps, finish)


class CanvasRecords:
    """Queue of jobs on the records of canvases; the first one does the next step."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._full = OneAMinute()

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def add(self, job: Job) -> None:
        """Adds a job at the end."""
        self._jobs.append(job)
        while len(self._jobs) > _MOST:
            self._jobs.popleft()
            if self._full.passes():
                line = (
                    "more than %d canvases wait for their planned records; the oldest are dropped"
                )
                logger.warning(line, _MOST)

    def step(self, writer: Writer) -> bool:
        """Does the next step, if the store replies; returns whether it was done."""
        if not self._jobs or writer.thread.open:
            return False
        job = self._jobs[0]
        try:
            more = job.step(writer)
        except StoreUnavailable:
            return False
        except Exception:
            # A job that cannot be done must not block the others for ever.
            self._over(job)
            raise
        if not more:
            self._over(job)
        return True

    def _over(self, job: Job) -> None:
        with suppress(ValueError):  # it was dropped meanwhile
            self._jobs.remove(job)
