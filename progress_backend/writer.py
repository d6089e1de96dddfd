"""Records events for runs, and learns from each reply what the record's status is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from . import events as ev
from .breaker import Breaker
from .creating import Begun, create
from .errors import ProgressError, StoreUnavailable
from .memory import MemoryStore
from .model import TaskStatus
from .record import Applied, Base
from .run import Run
from .store import Store

logger = logging.getLogger(__name__)

#: Time between two tries of a store that is away.
_REST_S = 1.0
#: Longest error that is logged, in characters.
_LONGEST = 500

AnyStore = Store | MemoryStore


class Writer:
    """One a process; its breaker says whether the store was away a moment ago."""

    def __init__(self, store: AnyStore) -> None:
        self.store = store
        self.breaker = Breaker(_REST_S)
        #: Events that the record's status refused: late, doubled, or of an older run.
        self.refused = 0
        self._strange = False

    def now(self) -> datetime:
        """The store's time.

        Raises:
            StoreUnavailable: it was never asked for it, and does not answer.
        """
        self.store.ready()
        return self.store.now()

    def apply(
        self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...], now: datetime
    ) -> Applied:
        """Records events.

        Raises:
            StoreUnavailable, TaskNotFound, ConcurrentUpdate.
            ProgressError: what is stored there is no record.
        """
        base, store = run.base if run is not None else None, self.store
        if run is not None and run.attempt is not None:
            happened = tuple([event.of_attempt(run.attempt) for event in happened])
        try:
            applied = store.run(store.flows.apply(task_id, happened, now, base=base, clip=True))
        except StoreUnavailable as error:
            if "WRONGTYPE" not in str(error):  # else it is this key's trouble, not the store's
                raise
            raise ProgressError(f"{task_id}: {error}") from error
        except ProgressError:
            raise
        except Exception as error:  # somebody else's value under our key
            raise ProgressError(f"{task_id}: {error!r}"[:_LONGEST]) from error
        self._answered()
        if applied.refused is not None:
            self.refused += 1
        if run is not None:
            self._tell(run, applied, started=isinstance(happened[0], ev.Started))
        return applied

    def create(self, begun: Sequence[Begun]) -> list[Applied]:
        """Begins the records of many tasks in one go; raises as `apply`."""
        applied = self.store.run(create(self.store.flows, begun, self.now()))
        self._answered()
        return applied

    def _tell(self, run: Run, applied: Applied, *, started: bool) -> None:
        task = applied.task
        if started and applied.refused is None:
            run.attempt = task.attempt
        # A record with a lower number came back from before this run: its status is meant for it.
        if run.attempt is not None and task.attempt <= run.attempt:
            run.base = applied.base
            run.told(task.status)
        elif started:
            run.told(task.status)
        if started and applied.refused is not None:
            run.refused = not run.cancelled

    def look(self, run: Run) -> None:
        """Reads the record for its status."""
        try:
            document = self.store.run(self.store.flows.get(run.task_id))
            base = Base.of(document) if document is not None else None
        except StoreUnavailable as error:
            self.away(error)
            return
        except Exception as error:  # somebody else's value under our key
            self.refuse(ProgressError(f"{run.task_id}: {error!r}"[:_LONGEST]))
            return
        self._answered()
        if base is not None:
            if base.task.attempt == run.attempt:
                run.base = base
            run.told(base.task.status)
        else:
            run.told(TaskStatus.RUNNING)

    def refuse(self, error: ProgressError) -> None:
        """Counts an event that is not recorded."""
        self.refused += 1
        news = type(error) is ProgressError and not self._strange
        self._strange = self._strange or news
        logger.log(logging.ERROR if news else logging.DEBUG, "not recorded: %s", error)

    def away(self, error: StoreUnavailable) -> None:
        """The store did not answer: it is left alone for a moment; said once."""
        if self.breaker.failed():
            logger.warning("%s; jobs go on, newest values are kept", error)

    def _answered(self) -> None:
        if self.breaker.succeeded():
            logger.warning("the progress store answers again")
