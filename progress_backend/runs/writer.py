"""Writes events of runs to the store, and passes the record's status in each reply to the run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from time import monotonic
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded

from ..errors import (
    ConcurrentUpdate,
    ProgressError,
    StoreUnavailable,
    TaskNotFound,
)
from ..flows.flow import Flow
from ..flows.gather import together
from ..flows.stored_record import Applied, Base
from ..operations import records
from ..operations.call import Call
from ..record import events as ev
from ..record.model import Task, TaskStatus
from ..record.steps.control import is_by_caller
from ..store.drivers import Store
from ..store.outage_log import fault, outage_of
from .breaker import Breaker, JobsBreaker
from .run import Run

T = TypeVar("T")
#: Time between two calls to a store that does not answer.
_REST_S = 1.0
#: Longest error that is logged, in characters.
_LONGEST = 500

#: Events that end a run.
ENDS = (ev.Completed, ev.Failed, ev.Cancelled, ev.Ignored, ev.Retried, ev.Requeued)


#: Events to record: their run (None for events of no run), the task's id, and the events.
Entry = tuple[Run | None, str, tuple[ev.Event, ...]]
#: What became of them; None: they cannot be recorded.
Outcome = Applied | ConcurrentUpdate | None


class Writer:
    """Writer whose callers wait for the store for `wait_s` at most; its breaker is open after calls
    that took longer, or one that failed."""

    def __init__(
        self, store: Store, part: str, wait_s: float, breaker: Breaker | None = None
    ) -> None:
        self.store = store
        self.breaker = breaker or Breaker(_REST_S)
        self._part = part
        self._wait_s = wait_s
        #: The writer with the other bound: a reply that was quick enough for that one closes its
        #: breaker, and the longer bound's other replies and failures keep it open.
        self.other: Writer | None = None
        #: Events that the record's status refused: late, doubled, or of an older run.
        self.refused = 0
        self._outage = outage_of(store.settings)

    def now(self) -> datetime:
        """The store's time; its clock is measured if that was not done lately.

        Raises:
            StoreUnavailable: the clock has to be measured, and the store does not answer.
        """
        self.store.ready()
        return self.store.now()

    @property
    def wait_s(self) -> float:
        """Longest wait of the next call, in seconds."""
        breaker = self.breaker
        if isinstance(breaker, JobsBreaker) and breaker.away:
            return breaker.wait_s
        return self._wait_s

    def waiting(self) -> AbstractContextManager[None]:
        """`with`: all store calls in the block share one bound."""
        return self.store.within(self.wait_s)

    def probe(self) -> None:
        """Asks whether the store answers, by its clock."""
        try:
            with self.waiting():
                self.store.measure_clock()
                self._answered()
        except StoreUnavailable as error:
            self.away(error)

    def ask(self, call: Call[T]) -> T | None:
        """Carries out a call of the store; None if another program's value is stored there.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        try:
            reply = self.store.execute(call)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                raise
            fault("no reply of the progress store can be read", error)
            return None
        self._answered()
        return reply

    def apply(
        self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...], now: datetime
    ) -> Applied:
        """Records events of one task in one commit.

        Raises:
            StoreUnavailable: the store does not answer.
            TaskNotFound: there is no record, and the events do not make one.
            ConcurrentUpdate: other writers were first in each try.
            ProgressError: the value that is stored there is no record.
        """
        try:
            applied = self.store.run(self._flow(run, task_id, happened, now))
        except SoftTimeLimitExceeded:
            raise  # raised into the job by Celery's signal handler while this code ran
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                raise
            raise _as_progress_error(task_id, error) from error
        return self._done(run, happened, applied)

    def apply_together(self, several: Sequence[Entry], now: datetime) -> list[Outcome]:
        """Records events of several tasks in one round trip. ConcurrentUpdate for those that may be
        tried again, None for those that cannot be recorded; they are counted.

        Raises:
            StoreUnavailable: the store does not answer; any of the commits may have been done.
        """
        flows = [self._flow(*entry, now) for entry in several]
        try:
            outcomes = self.store.run(together(flows))
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                raise
            return [self.alone(*entry, now) for entry in several]  # the fault may be one key's
        recorded: list[Outcome] = []
        for (run, task_id, happened), outcome in zip(several, outcomes, strict=True):
            if isinstance(outcome, Applied):
                recorded.append(self._done(run, happened, outcome))
            elif isinstance(outcome, SoftTimeLimitExceeded):
                raise outcome
            elif isinstance(outcome, ConcurrentUpdate):
                recorded.append(outcome)
            else:
                self.refuse(_as_progress_error(task_id, outcome))
                recorded.append(None)
        return recorded

    def alone(
        self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...], now: datetime
    ) -> Outcome:
        """As `apply_together`, of one task.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        try:
            return self.apply(run, task_id, happened, now)
        except StoreUnavailable:
            raise
        except ConcurrentUpdate as error:
            return error
        except ProgressError as error:
            self.refuse(error)
            return None

    def _flow(
        self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...], now: datetime
    ) -> Flow[Applied]:
        base = None if run is None else run.base
        if run is not None and run.attempt is not None and happened[-1].attempt is None:
            happened = tuple([event.of_attempt(run.attempt) for event in happened])
        applied = yield from self.store.flows.apply(task_id, happened, now, base=base, clip=True)
        if applied.refused and applied.task.asked and (over := _over(run, happened[-1])):
            done = self.store.flows.apply(task_id, (over,), now, base=applied.base, clip=True)
            yield from done
        return applied

    def _done(self, run: Run | None, happened: tuple[ev.Event, ...], applied: Applied) -> Applied:
        self._answered()
        if applied.refused is not None:
            self.refused += 1
        if run is not None:
            self._pass_on(run, applied, started=isinstance(happened[0], ev.Started))
        return applied

    def _pass_on(self, run: Run, applied: Applied, *, started: bool) -> None:
        task = applied.task
        if started and applied.refused is None:
            run.found = task.checkpoint
            run.attempt = task.attempt
        # A record with a lower attempt is from an older copy of the store: its status counts for
        # the run.
        if run.attempt is not None and task.attempt <= run.attempt:
            run.base = applied.base
        if run.attempt is not None or started:
            run.receive_status(_for_the_run(run, task))
        if started and applied.refused is not None:
            run.refused = not run.cancelled

    def look(self, run: Run) -> None:
        """Reads a run's record for its status."""
        try:
            with self.waiting():
                (document,) = self.store.execute(records.read((run.task_id,)))
                self._answered()
            base = Base.of(document, run.task_id) if document is not None else None
        except StoreUnavailable as error:
            self.away(error)
            return
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # another program's value under the task's key
            self.refuse(ProgressError(f"{run.task_id}: {error!r}"[:_LONGEST]))
            return
        if base is not None:
            if base.task.attempt == run.attempt:
                run.base = base
            run.receive_status(_for_the_run(run, base.task))
        else:
            run.receive_status(TaskStatus.RUNNING)

    def look_at(self, runs: Sequence[Run]) -> None:
        """Reads the records of several runs in one round trip, for a cancel or a pause."""
        try:
            with self.waiting():
                read = records.read(tuple([run.task_id for run in runs]))
                documents = self.store.execute(read)
                self._answered()
        except StoreUnavailable as error:
            self.away(error)
            return
        for run, document in zip(runs, documents, strict=True):
            try:
                base = Base.of(document) if document is not None else None
            except Exception:  # another program's value: logged when the record is written
                base = None
            if base is not None and run.attempt is not None:
                run.receive_status(_for_the_run(run, base.task))
            run.status_at = monotonic()

    def refuse(self, error: ProgressError) -> None:
        """Counts an event that is not recorded."""
        self.refused += 1
        if not isinstance(error, TaskNotFound):  # a late event of a record that is deleted
            fault("an event is not recorded", error)

    def away(self, error: StoreUnavailable) -> None:
        """Opens the breaker after a call that the store did not answer, and logs the outage. The
        first late reply to a job is none yet."""
        if error.late and self.breaker.late():
            return
        self.breaker.failed()
        self._outage.away(self._part, f"{error}; jobs go on, newest values are kept")
        self._keep_open()

    def _answered(self) -> None:
        """Called within the block of a call that has succeeded."""
        if self.breaker.succeeded():
            self._outage.back(self._part)
        other = self.other
        if other is None or not other.breaker.away:
            return
        if self._took_s() < other._wait_s:
            other.breaker.succeeded()
            self._outage.back(other._part)
        else:
            self._keep_open()

    def _keep_open(self) -> None:
        """Keeps the other writer's breaker open where jobs wait for less than this one."""
        other = self.other
        if other is not None and other.breaker.away and other._wait_s < self._wait_s:
            other.breaker.failed()

    def _took_s(self) -> float:
        """Seconds that this thread has waited in this block so far."""
        try:
            return self._wait_s - self.store.left_s()
        except TimeoutError:
            return self._wait_s


def _for_the_run(run: Run, task: Task) -> str:
    """The status as the run receives it: a record that was ended by force stops the run as a cancel
    does. Of a newer run's record an older one receives what a caller asks of the task: its message
    was delivered twice, and the caller means every copy."""
    status = TaskStatus.CANCELLED if task.forced else task.status
    if run.attempt is None or task.attempt <= run.attempt or task.forced:
        return status
    by_caller = status == TaskStatus.CANCELLED and is_by_caller(task)
    return status if by_caller or status == TaskStatus.PAUSED else TaskStatus.RUNNING


def _over(run: Run | None, end: ev.Event) -> ev.Acknowledged | None:
    """The event that a cancelled or force-ended run is over, made of the end that the record
    refused; None if the event is no end."""
    attempt = run.attempt if run is not None and end.attempt is None else end.attempt
    if not isinstance(end, ENDS) or (attempt is None and end.owner is None):
        return None
    return ev.Acknowledged(attempt=attempt, owner=end.owner, run=end.run, at=end.at)


def _as_progress_error(task_id: str, error: Exception) -> ProgressError:
    """An exception as a ProgressError: another program's value under a task's key may raise any."""
    if isinstance(error, ProgressError):
        return error
    return ProgressError(f"{task_id}: {error!r}"[:_LONGEST])
