"""Records events for runs, and learns from each reply what the record's status is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from time import monotonic
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from ..errors import ForeignValue, InvalidEvent, ProgressError, StoreUnavailable
from ..flows import commands as c
from ..flows.commands import Command, Read
from ..flows.gather import together
from ..flows.stored_record import Applied, Base
from ..flows.task_flows import Flow
from ..record import events as ev
from ..record.model import Task, TaskStatus
from ..store.any_store import AnyStore
from ..store.outage_log import outage_of
from .breaker import Breaker
from .run import Run

logger = logging.getLogger(__name__)

#: Time between two tries of a store that is away.
_REST_S = 1.0
#: Longest error that is logged, in characters.
_LONGEST = 500

#: What says that a run is over.
_ENDS = (ev.Completed, ev.Failed, ev.Cancelled, ev.Ignored, ev.Retried, ev.Requeued)


#: Who says it (nobody's run is None), of which task, and what happened.
Said = tuple[Run | None, str, tuple[ev.Event, ...]]


class Writer:
    """One for those that wait `wait_s` for the store at most; its breaker says whether that was too
    short a moment ago."""

    def __init__(self, store: AnyStore, part: str, wait_s: float) -> None:
        self.store = store
        self.breaker = Breaker(_REST_S)
        self._part = part
        self._wait_s = wait_s
        #: Who waits for another time: what was short enough for that one was so for it.
        self.other: Writer | None = None
        #: Events that the record's status refused: late, doubled, or of an older run.
        self.refused = 0
        self._strange = False
        self._outage = outage_of(store.settings)

    def now(self) -> datetime:
        """The store's time.

        Raises:
            StoreUnavailable: it was never asked for it, and does not answer.
        """
        self.store.ready()
        return self.store.now()

    def waiting(self) -> AbstractContextManager[None]:
        """`with`: all that is asked in there is one wait."""
        return self.store.within(self._wait_s)

    def ask(self, command: Command) -> Any:
        """What the store replies; None if it has something else there than is asked for.

        Raises:
            StoreUnavailable: it does not answer.
        """
        try:
            reply = self.store.execute(command)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                raise
            return None
        self._answered()
        return reply

    def apply(
        self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...], now: datetime
    ) -> Applied:
        """Records events.

        Raises:
            StoreUnavailable, TaskNotFound, ConcurrentUpdate.
            ProgressError: what is stored there is no record.
        """
        try:
            applied = self.store.run(self._flow(run, task_id, happened, now))
            if applied.refused and applied.task.asked and (over := _over(run, happened[-1])):
                heed = self.store.flows.apply(task_id, (over,), now, base=applied.base, clip=True)
                self.store.run(heed)
        except SoftTimeLimitExceeded:
            raise  # the job's own, which a signal has raised in here
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                raise
            raise _told(task_id, error) from error
        return self._done(run, happened, applied)

    def apply_together(self, several: Sequence[Said], now: datetime) -> list[Applied | None]:
        """The same for several, in one trip. None for what cannot be recorded; it is counted.

        Raises:
            StoreUnavailable: it may have taken any of them.
        """
        flows = [self._flow(*said, now) for said in several]
        try:
            outcomes = self.store.run(together(flows))
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                raise
            return [self.alone(*said, now) for said in several]  # one key's trouble is its own
        recorded: list[Applied | None] = []
        for (run, task_id, happened), outcome in zip(several, outcomes, strict=True):
            if isinstance(outcome, Applied):
                recorded.append(self._done(run, happened, outcome))
            elif isinstance(outcome, SoftTimeLimitExceeded):
                raise outcome
            else:
                self.refuse(_told(task_id, outcome))
                recorded.append(None)
        return recorded

    def alone(
        self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...], now: datetime
    ) -> Applied | None:
        """As `apply`; None for what cannot be recorded, which is counted.

        Raises:
            StoreUnavailable.
        """
        try:
            return self.apply(run, task_id, happened, now)
        except StoreUnavailable:
            raise
        except ProgressError as error:
            self.refuse(error)
            return None

    def _flow(
        self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...], now: datetime
    ) -> Flow[Applied]:
        if run is None:
            return self.store.flows.apply(task_id, happened, now, clip=True)
        if run.attempt is not None and happened[-1].attempt is None:
            happened = tuple([event.of_attempt(run.attempt) for event in happened])
        return self.store.flows.apply(task_id, happened, now, base=run.base, clip=True)

    def _done(self, run: Run | None, happened: tuple[ev.Event, ...], applied: Applied) -> Applied:
        self._answered()
        if applied.refused is not None:
            self.refused += 1
        if run is not None:
            self._tell(run, applied, started=isinstance(happened[0], ev.Started))
        return applied

    def _tell(self, run: Run, applied: Applied, *, started: bool) -> None:
        task = applied.task
        if started and applied.refused is None:
            run.attempt = task.attempt
        # A record with a lower number came back from before this run: its status is meant for it.
        if run.attempt is not None and task.attempt <= run.attempt:
            run.base = applied.base
            run.told(_for_the_run(task))
        elif started:
            run.told(_for_the_run(task))
        if started and applied.refused is not None:
            run.refused = not run.cancelled

    def look(self, run: Run) -> None:
        """Reads the record for its status."""
        try:
            with self.waiting():
                (document,) = self.store.execute(Read((run.task_id,)))
            base = Base.of(document, run.task_id) if document is not None else None
        except StoreUnavailable as error:
            self.away(error)
            return
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # somebody else's value under our key
            self.refuse(ProgressError(f"{run.task_id}: {error!r}"[:_LONGEST]))
            return
        self._answered()
        if base is not None:
            if base.task.attempt == run.attempt:
                run.base = base
            run.told(_for_the_run(base.task))
        else:
            run.told(TaskStatus.RUNNING)

    def look_at(self, runs: Sequence[Run]) -> None:
        """Reads the records of runs that go on, in one trip, for what somebody asks of them."""
        try:
            with self.waiting():
                read = c.Read(tuple([run.task_id for run in runs]))
                documents = self.store.execute(read)
        except StoreUnavailable as error:
            self.away(error)
            return
        self._answered()
        for run, document in zip(runs, documents, strict=True):
            try:
                base = Base.of(document) if document is not None else None
            except Exception:  # somebody else's value: said where it is written
                base = None
            # A newer run's record is not meant for this one.
            if base is not None and run.attempt is not None and base.task.attempt <= run.attempt:
                run.told(_for_the_run(base.task))
            run.heard_at = monotonic()

    def refuse(self, error: ProgressError) -> None:
        """Counts an event that is not recorded."""
        self.refused += 1
        known = self._strange or (self.other is not None and self.other._strange)
        news = type(error) in (ProgressError, ForeignValue, InvalidEvent) and not known
        self._strange = known or news
        logger.log(logging.ERROR if news else logging.DEBUG, "not recorded: %s", error)

    def away(self, error: StoreUnavailable) -> None:
        """The store did not answer: it is left alone for a moment."""
        self.breaker.failed()
        self._outage.away(self._part, f"{error}; jobs go on, newest values are kept")

    def _answered(self) -> None:
        if self.breaker.succeeded():
            self._outage.back(self._part)
        other = self.other
        if other is not None and other.breaker.away and self._took_s() < other._wait_s:
            other.breaker.succeeded()
            self._outage.back(other._part)

    def _took_s(self) -> float:
        """How long this thread's wait has taken so far."""
        try:
            return self._wait_s - self.store.left_s()
        except TimeoutError:
            return self._wait_s


def _for_the_run(task: Task) -> str:
    """What a record's status means to its run: one that somebody ended over its head stops it."""
    return TaskStatus.CANCELLED if task.forced else task.status


def _over(run: Run | None, end: ev.Event) -> ev.Heeded | None:
    """The end of a run that comes after one that was asked for, as the word that it is over."""
    attempt = run.attempt if run is not None and end.attempt is None else end.attempt
    if not isinstance(end, _ENDS) or (attempt is None and end.owner is None):
        return None
    return ev.Heeded(attempt=attempt, owner=end.owner, run=end.run, at=end.at)


def _told(task_id: str, error: Exception) -> ProgressError:
    """Whatever it is, as an error of ours: somebody else's value under our key, it may be."""
    if isinstance(error, ProgressError):
        return error
    return ProgressError(f"{task_id}: {error!r}"[:_LONGEST])
