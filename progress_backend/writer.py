"""Records events for runs, and learns from each reply what the record's status is."""

from __future__ import annotations

import logging

from . import events as ev
from .breaker import Breaker
from .errors import ProgressError, StoreUnavailable
from .model import TaskStatus
from .record import Applied, Base
from .run import Run
from .store import Store

logger = logging.getLogger(__name__)

#: Time between two tries of a store that is away.
_REST_S = 1.0


class Writer:
    """One a process; its breaker says whether the store was away a moment ago."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.breaker = Breaker(_REST_S)
        #: Events that the record's status refused: late, doubled, or of an older run.
        self.refused = 0

    def apply(self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...]) -> Applied:
        """Records events now.

        Raises:
            StoreUnavailable, TaskNotFound, ConcurrentUpdate.
        """
        base = run.base if run is not None else None
        store = self.store
        if run is not None and run.attempt is not None:
            happened = tuple(event.of_attempt(run.attempt) for event in happened)
        applied = store.run(store.flows.apply(task_id, happened, store.now(), base=base, clip=True))
        self.breaker.succeeded()
        if applied.refused is not None:
            self.refused += 1
        if run is not None:
            started = isinstance(happened[0], ev.Started)
            if started and applied.refused is None:
                run.attempt = applied.task.attempt
            if run.attempt == applied.task.attempt:
                run.base = applied.base
                run.told(applied.task.status)
            elif started:
                run.told(applied.task.status)
        return applied

    def look(self, run: Run) -> None:
        """Reads the record for its status."""
        try:
            document = self.store.run(self.store.flows.get(run.task_id))
        except StoreUnavailable as error:
            self.away(error)
            return
        self.breaker.succeeded()
        if document is not None:
            base = Base.of(document)
            if base.task.attempt == run.attempt:
                run.base = base
            run.told(base.task.status)
        else:
            run.told(TaskStatus.RUNNING)

    def refuse(self, error: ProgressError) -> None:
        """Counts an event that is not recorded."""
        logger.debug("not recorded: %s", error)
        self.refused += 1

    def away(self, error: StoreUnavailable) -> None:
        """The store did not answer: it is left alone for a moment; said once."""
        if not self.breaker.open:
            logger.warning("%s; jobs go on, newest values are kept", error)
        self.breaker.failed()
