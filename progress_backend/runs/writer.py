"""Writes events of runs to the store, and passes the record's status in each reply to the run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from time import monotonic
from types import TracebackType
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded

from ..errors import (
    ConcurrentUpdate,
    ProgressError,
    StoreUnavailable,
    TaskNotFound,
)
from ..flows.first_records import FirstRecords
from ..flows.flow import Flow, together
from ..flows.stored_record import Applied, ReadRecord, has_text_since
from ..flows.value_in_place import InPlace, in_place
from ..operations import records
from ..operations.call import Call, all_of
from ..operations.commits import CommitCall
from ..operations.ready_requests import RECORDED, ValueRequest, first_request
from ..operations.stacks import Lately
from ..operations.stacks import lately as asked_lately
from ..record import events as ev
from ..record.model import Task, TaskStatus
from ..record.steps.control import is_by_caller, is_unasked
from ..store.bounded_connection import Within
from ..store.drivers import Store
from ..store.outage_log import fault, outage_of
from .breaker import Breaker, JobsBreaker
from .outbox import ENDS
from .run import Run

T = TypeVar("T")
#: Longest wait of a job for the store, in seconds: once each at publish, start and end. After a
#: late reply the next call waits for the rest of the second time, further calls not at all until a
#: reply.
JOB_WAIT_S, JOB_WAITS_AGAIN_S = 0.2, 0.05
#: Longest wait of the sender's own thread for each round trip: no job waits for that thread.
SENDER_WAIT_S = 5.0
#: Time between two calls of that thread to a store that does not answer.
_REST_S = 1.0
#: Seconds for which no job calls a store that does not reply; each try of the thread starts them
#: again, so they are longer than the time between two tries.
_JOBS_REST_S = 10.0
#: Longest error that is logged, in characters.
_LONGEST = 500

Happened = tuple[ev.Event, ...]
#: Events to record: their run (None for events of no run), the task's id, and the events.
Entry = tuple[Run | None, str, Happened]
#: Result of recording them; None: they cannot be recorded.
Outcome = Applied | ConcurrentUpdate | None


class BreakerScope(Within):
    """See `Writer.waiting`."""

    __slots__ = ("_breaker", "_replies", "_writer")

    def __init__(self, writer: Writer, breaker: Breaker) -> None:
        # Not by Within.__init__: each value takes this path, and a call is slow.
        self._deadline = writer.store.deadline
        self._seconds = breaker.wait_s if breaker.away else breaker.longest_s
        self._writer, self._breaker = writer, breaker
        self._replies = self._deadline.replies

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if isinstance(error, StoreUnavailable):
                self._writer.away(self._breaker, error)
            elif error is None:
                writer = self._writer
                away = writer.jobs.away or writer.thread.away
                if away and self._deadline.replies > self._replies:
                    writer.answered(self._breaker)
        finally:
            self._deadline.until = self._outer


class Writer:
    """The writer of a process: for its jobs, and for the sender's thread, which waits longer and so
    also reaches a store that is too slow for jobs."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.jobs = JobsBreaker(JOB_WAITS_AGAIN_S, _JOBS_REST_S, longest_s=JOB_WAIT_S)
        self.thread = Breaker(_REST_S, part="sender", longest_s=SENDER_WAIT_S)
        self.firsts = FirstRecords(store.flows)
        self._outage = outage_of(store.settings)
        #: `with waiting(breaker)`: all store calls in the block share the bound of the breaker,
        #: which is opened where the block ends with StoreUnavailable, and closed where it ends well
        #: after a reply.
        self.waiting = partial(BreakerScope, self)

    def probe(self) -> None:
        """Asks whether the store answers, by its clock."""
        with suppress(StoreUnavailable), self.waiting(self.thread):
            self.store.measure_clock()

    def ask(self, call: Call[T]) -> T | None:
        """Carries out a call of the store; None if another program's value is stored there.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        try:
            return self.store.execute(call)
        except (StoreUnavailable, SoftTimeLimitExceeded):
            raise
        except Exception as error:
            fault("no reply of the progress store can be read", error)
            return None

    def _created(self, task_id: str, event: ev.Event, now: datetime) -> Applied | None:
        """Records a publish with one prepared request, if its task has no record; None if that is
        not possible."""
        if not isinstance(event, ev.Created) or self.store.settings.partitions:
            return None
        if (made := self.firsts.of(task_id, event, now)) is None:
            return None
        applied, commit = made
        try:
            request = None if commit.parts else first_request(commit, self.store.keys)
        except UnicodeEncodeError:
            return None
        return applied if request and self.store.packed([request]) == [RECORDED] else None

    def apply_together(self, several: Sequence[Entry], now: datetime) -> list[Outcome]:
        """Records events of several tasks in one round trip. ConcurrentUpdate for those that may be
        tried again, None for those that cannot be recorded; they are logged.

        Raises:
            StoreUnavailable: the store does not answer; any of the commits may have been done.
        """
        if len(several) == 1:
            return [self.apply(*several[0], now, None)]
        try:
            outcomes: Sequence[object] = self.store.run(
                together([self._one_of_many(*entry, now) for entry in several])
            )
        except (StoreUnavailable, SoftTimeLimitExceeded):
            raise
        except Exception:  # one flow's, which ended all: perhaps of one key only
            outcomes = [None] * len(several)
        recorded: list[Outcome] = []
        for (run, task_id, happened), outcome in zip(several, outcomes, strict=True):
            if isinstance(outcome, Applied):
                recorded.append(self._done(run, happened, outcome))
            elif isinstance(outcome, SoftTimeLimitExceeded):
                raise outcome
            elif isinstance(outcome, ConcurrentUpdate):
                recorded.append(outcome)
            elif isinstance(outcome, ProgressError):
                self.refuse(outcome)
                recorded.append(None)
            else:
                recorded.append(self.apply(run, task_id, happened, now, None))
        return recorded

    def apply(
        self,
        run: Run | None,
        task_id: str,
        happened: Happened,
        now: datetime,
        base: ReadRecord | None,
    ) -> Outcome:
        """As `apply_together`, of one task; `base` is its record where there is no run.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        try:
            first = run is None and base is None
            if first and (created := self._created(task_id, happened[0], now)) is not None:
                return created
            applied = self.store.run(self._flow(run, task_id, happened, now, base))
        except (StoreUnavailable, SoftTimeLimitExceeded):
            raise  # Celery's signal handler raises the limit into the job while this code runs
        except ConcurrentUpdate as error:
            return error
        except Exception as error:
            bare = tuple([event.without_values() for event in happened])
            known = isinstance(error, ProgressError)
            if known or all(one is other for one, other in zip(bare, happened, strict=True)):
                self.refuse(_as_progress_error(task_id, error))
                return None
            # An end is recorded whatever a job has put into its values.
            fault("the values of an event are not recorded", error)
            return self.apply(run, task_id, bare, now, base)
        return self._done(run, happened, applied)

    def values(self, values: Sequence[tuple[Run, ev.Progressed]], now: datetime) -> list[Outcome]:
        """As `apply_together`, for newest values of runs: first, in one round trip of prepared
        requests, those of runs that know their record; then all others.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        store = self.store
        short, requests = list[tuple[int, Run, InPlace]](), list[bytes]()
        for n, (run, event) in enumerate(() if store.settings.partitions else values):
            base = run.base
            if base is None or run.status != TaskStatus.RUNNING:
                continue
            try:
                made = in_place(store.flows, base, event, now)
            except Exception:  # of this run's values alone: apply_together logs it
                made = None
            if made is not None:
                if run.value_request is None:
                    run.value_request = ValueRequest(run.task_id, store.keys)
                requests.append(run.value_request.of(base.digest, made.document, made.ttl_ms))
                short.append((n, run, made))
        outcomes: dict[int, Outcome] = {}
        for (n, run, made), reply in zip(short, requests and store.packed(requests), strict=False):
            if reply == RECORDED:  # else apply_together finds out why
                run.base, run.status_at = made.base, monotonic()
                outcomes[n] = Applied(made.base, made.document)
        if len(outcomes) < len(values):
            left = [n for n in range(len(values)) if n not in outcomes]
            entries = [(run, run.task_id, (event,)) for run, event in (values[n] for n in left)]
            outcomes.update(zip(left, self.apply_together(entries, now), strict=True))
        return [outcomes[n] for n in range(len(values))]

    def _one_of_many(
        self, run: Run | None, task_id: str, happened: Happened, now: datetime
    ) -> Flow[Applied]:
        made = None
        if run is None and len(happened) == 1 and isinstance(happened[0], ev.Created):
            made = self.firsts.of(task_id, happened[0], now)
        if made is not None and (committed := (yield from CommitCall(made[1]))).done:
            self.store.flows.log_left_out(committed.left_out, task_id)
            return made[0]
        return (yield from self._flow(run, task_id, happened, now, None))

    def _flow(
        self,
        run: Run | None,
        task_id: str,
        happened: Happened,
        now: datetime,
        base: ReadRecord | None,
    ) -> Flow[Applied]:
        base = base if run is None else run.base
        if run is not None and happened[-1].attempt is None and happened[-1].owner is None:
            number = ev.UNRECORDED if run.attempt is None else run.attempt
            happened = tuple([event.of_attempt(number) for event in happened])
        applied = yield from self.store.flows.apply(task_id, happened, now, base=base, clip=True)
        if applied.refused and applied.task.requested and (over := _over(run, happened[-1])):
            done = self.store.flows.apply(task_id, (over,), now, base=applied.base, clip=True)
            yield from done
        return applied

    def _done(self, run: Run | None, happened: tuple[ev.Event, ...], applied: Applied) -> Applied:
        if run is None:
            return applied
        task, started = applied.task, isinstance(happened[0], ev.Started)
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
        return applied

    def look(self, runs: Sequence[Run], *, stacks: bool = False) -> Lately | None:
        """Reads the records of several runs in one round trip, for a cancel, a pause or its end.
        With `stacks` returns the recent requests for stacks, None if the store does not reply."""
        read, lately = records.read(tuple([run.task_id for run in runs])), None
        try:
            with self.waiting(self.thread):
                if stacks:
                    documents, lately = self.store.execute(all_of(read, asked_lately()))
                else:
                    documents = self.store.execute(read)
        except StoreUnavailable:
            return None
        for run, document in zip(runs, documents, strict=True):
            try:
                base = None if document is None else ReadRecord.of(document, run.task_id)
            except Exception:  # another program's value: logged when the record is written
                base = None
            if base is None and run.status == TaskStatus.PAUSED:
                run.receive_status(TaskStatus.RUNNING)  # the record is gone: nothing holds the job
            elif base is not None and run.attempt is not None:
                known = run.base
                # A value that waits to be written is older than a caller's text.
                waits = run.pending is not None and has_text_since(known, base.task)
                newer = known is None or base.task.revision > known.task.revision
                if base.task.attempt == run.attempt and newer and not waits:
                    run.base = base
                run.receive_status(_for_the_run(run, base.task))
            run.status_at = monotonic()
        return lately

    def refuse(self, error: ProgressError) -> None:
        """Logs that an event is not recorded."""
        if not isinstance(error, TaskNotFound):  # a late event of a record that is deleted
            fault("an event is not recorded", error)

    def away(self, breaker: Breaker, error: StoreUnavailable) -> None:
        """Opens a breaker after a call that the store did not answer, and logs the outage. The
        first late reply to a job is no outage yet."""
        if error.late and breaker.late():
            return
        breaker.failed()
        self._outage.away(breaker.part, f"{error}; jobs continue, newest values are kept")
        if self.jobs.away:
            self.jobs.failed()

    def answered(self, breaker: Breaker) -> None:
        """Called at the end of a block after its calls have succeeded: a reply that was quick
        enough for jobs closes their breaker too, and a slower one keeps it open."""
        for each in (self.jobs, self.thread):
            if not each.away:
                continue
            if each is breaker or self._took_s(breaker) < each.longest_s:
                each.succeeded()
                self._outage.back(each.part)
            else:
                each.failed()

    def _took_s(self, breaker: Breaker) -> float:
        """Seconds that this thread has waited in this block so far."""
        try:
            return breaker.longest_s - self.store.deadline.left()
        except TimeoutError:
            return breaker.longest_s


def _for_the_run(run: Run, task: Task) -> str:
    """The status as the run receives it: a record that was ended by force stops the run as a cancel
    does. If the record is a newer run's, the older run receives a caller's cancel or pause all the
    same: its message was delivered twice, and the request is for each run. A cancel that no caller
    has requested stops no run."""
    status = TaskStatus.CANCELLED if task.forced else task.status
    if status == TaskStatus.CANCELLED and is_unasked(task):
        return TaskStatus.RUNNING
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
