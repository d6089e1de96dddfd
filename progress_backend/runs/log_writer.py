"""The writer of what is in no commit of a run: the lines of its log, and how far it was when."""

from __future__ import annotations

import logging
import time

from ..errors import ProgressError, StoreUnavailable
from ..flows import task_log, task_timeline
from ..store.outage_log import OneAMinute
from .outbox import Outbox
from .run import Run
from .writer import Writer

logger = logging.getLogger(__name__)


class LogWriter:
    """Stores logs and samples of the process's runs, by the writer that it is given."""

    def __init__(self, interval_s: float, outbox: Outbox) -> None:
        #: Seconds between two writes of a log.
        self._interval_s = interval_s
        self._outbox = outbox
        self._refused = OneAMinute()

    def store_log(self, run: Run, writer: Writer) -> None:
        """Stores the lines of a run's log, whose lock is held; where that fails, they wait."""
        if (
            not run.log
            or run.refused
            or run.attempt is None
            or writer.breaker.open
            or run.task_id in self._outbox
        ):
            return
        lines, lost = run.log.take()
        run.log.due = time.monotonic() + self._interval_s
        flows = writer.store.flows
        about = (run.task_id, run.attempt, lines, lost, writer.store.settings, flows.redaction)
        try:
            with writer.waiting():
                may = writer.store.execute(task_log.add(*about))
            if not may and self._refused.passes():
                logger.error(
                    "the store's user may not write logs of tasks (+xadd +xrange +xrevrange "
                    "+xtrim): lines of task %s are dropped",
                    run.task_id,
                )
        except StoreUnavailable as error:
            writer.away(error)
            run.log.give_back(lines, lost)
        except ProgressError as error:
            writer.refuse(error)

    def store_samples(self, run: Run, writer: Writer) -> None:
        """Stores how far a run was when; where that fails, the next step does it."""
        samples = run.samples
        if samples is None or not samples.ready:
            return
        samples.ready = False
        if run.attempt is None or writer.breaker.open:
            return
        store = writer.store
        try:
            with writer.waiting():
                about = (run.task_id, run.attempt, samples.text(), store.settings)
                store.execute(task_timeline.keep_samples(*about))
        except StoreUnavailable as error:
            writer.away(error)
