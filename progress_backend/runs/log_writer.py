"""Writes the lines of tasks' logs to the store, apart from the commits of runs."""

from __future__ import annotations

import logging
import time

from ..errors import ProgressError, StoreUnavailable
from ..flows import task_log
from ..store.outage_log import OneAMinute
from .breaker import Breaker
from .outbox import Outbox
from .run import Run
from .side_queue import SideQueue
from .writer import Writer

logger = logging.getLogger(__name__)

#: Most ended runs with last lines that wait.
_MOST = 100


class LogWriter:
    """Stores the logs of the process's runs."""

    def __init__(self, writer: Writer, outbox: Outbox, interval_s: float) -> None:
        self._writer = writer
        #: Seconds between two writes of a log.
        self._interval_s = interval_s
        self._outbox = outbox
        self._refused = OneAMinute()
        #: Ended runs with last lines that wait for the store.
        self.left = SideQueue[Run]("logs of ended runs", self._left, most=_MOST, at_once=_MOST)

    def store(self, run: Run, breaker: Breaker) -> None:
        """Stores the lines of a run's log (its lock is held); if that fails, they wait."""
        if (
            not run.log
            or run.refused
            or run.attempt is None
            or breaker.open
            or run.task_id in self._outbox
        ):
            return
        lines, lost = run.log.take()
        run.log.due = time.monotonic() + self._interval_s
        store = self._writer.store
        about = (run.task_id, run.attempt, lines, lost, store.settings, store.flows.redaction)
        try:
            with self._writer.waiting(breaker):
                may = store.execute(task_log.add(*about))
            if not may and self._refused.passes():
                logger.error(
                    "the store's user may not write logs of tasks (+xadd +xrange +xrevrange "
                    "+xtrim): lines of task %s are dropped",
                    run.task_id,
                )
        except StoreUnavailable:
            run.log.give_back(lines, lost)
        except ProgressError as error:
            self._writer.refuse(error)

    def _left(self, run: Run) -> bool | None:
        """Stores the last lines of a run that has ended, after the outbox has sent its events."""
        with run.lock:
            self.store(run, self._writer.thread)
        waits = run.attempt is not None or run.task_id in self._outbox
        return None if run.log and waits and not run.refused else True
