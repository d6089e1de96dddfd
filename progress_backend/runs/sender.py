"""The process's sender: writes the newest values of its runs to the record, the result meta and
Flower.

Jobs never wait for it: `update()` sets the newest value, which the sender's thread (a greenlet
under gevent) records. Publishes, starts and ends are recorded by the job's own thread, within a
time-out; one that fails waits in the outbox, and the sender's thread records it as soon as the
store answers again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil, inf
from typing import TypeVar

from ..daemon import daemon
from ..errors import ConcurrentUpdate, ProgressError, StoreUnavailable
from ..flows.stored_record import Applied
from ..operations import counts
from ..operations.call import Call
from ..record import events as ev
from ..record.default_texts import progress_text
from ..record.model import LOST, TaskStatus
from ..store.drivers import Store
from ..store.outage_log import OneAMinute
from . import worker_shutdown
from .breaker import JobsBreaker
from .canvas_records import CanvasRecords, Ends, Plans
from .latest_worker import IDLE_S
from .log_writer import LogWriter
from .mirror import Mirror
from .newest_values import Value
from .outbox import Kept, Outbox
from .run import Run
from .value_writer import TOGETHER, ValueWriter
from .writer import ENDS, Entry, Outcome, Writer

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: Longest wait of a job for the store: once each at publish, start and end. After a late reply the
#: next call waits for the rest of the second time, and then none until the store has answered.
JOB_WAIT_S, JOB_WAITS_AGAIN_S = 0.2, 0.05
#: Longest wait of the sender's own thread for each round trip: no job waits for that thread.
SENDER_WAIT_S = 5.0
#: How long no job calls a store that does not answer unless the thread keeps trying: longer than
#: the time between two of its tries.
_JOBS_REST_S = 10.0
#: Events that wait for the store, and the bytes that they take; when there are more, values are
#: dropped first, ends last.
MOST_KEPT, MOST_KEPT_BYTES = 10_000, 8 * 1024 * 1024
#: Events of a publish.
_PUBLISHES = (ev.Created, ev.Planned, ev.Requeued)
#: Runs that have ended and whose last lines wait for the store; when there are more, those of the
#: oldest are dropped.
_MOST_LEFT = 100
#: Shortest time between two checks for new values without a wake-up; and the longest while values
#: or events wait for the store.
_SHORTEST_S, _LONGEST_S = 0.05, 1.0
#: For runs that write nothing: time between two reads of their records, age of a status that is
#: read again, and runs in one read.
_LOOK_S, _OLD_S, _LOOKED_AT = 0.9, 0.1, 200
#: Time between two reads of a paused job's record.
_PAUSE_LOOK_S = 1.0


class Sender:
    """The sender of a process, made after the fork."""

    def __init__(self, store: Store, mirror: Mirror | None, *, closing_s: float = 2.0) -> None:
        #: The writer for jobs, and the one for the thread, which also reaches a store that is too
        #: far away for jobs.
        breaker = JobsBreaker(JOB_WAITS_AGAIN_S, _JOBS_REST_S)
        self.writer = Writer(store, "jobs", JOB_WAIT_S, breaker)
        self._breaker = breaker
        self.patient = Writer(store, "sender", SENDER_WAIT_S)
        self.writer.other, self.patient.other = self.patient, self.writer
        #: Whether every value is recorded (interval 0): each `update()` wakes the thread.
        self.always = store.settings.update_interval_s == 0
        self._interval_s = store.settings.update_interval_s
        self._locale = store.settings.locale
        self._mirror = mirror
        self._closing_s = closing_s
        self._runs: dict[int, Run] = {}
        self._outbox = Outbox(MOST_KEPT, MOST_KEPT_BYTES)
        self._behind = CanvasRecords()
        #: Runs that have ended, and whose last lines are not stored yet.
        self._left = deque[Run](maxlen=_MOST_LEFT)
        self._logs = LogWriter(min(self._interval_s, _LONGEST_S), self._outbox)
        self._values = ValueWriter(self.patient, mirror, self._outbox, self._interval_s)
        self._guard = threading.Lock()
        #: Held while the outbox is sent: a start that is sent twice would count as two.
        self._sending = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._look_at = 0.0
        #: Monotonic time from which the store is asked whether it answers, while no job asks it.
        self._probe_at = 0.0
        self._hurries = False
        self._stopping = False
        self._traceback = OneAMinute()

    # Called by jobs

    def opened(self, run: Run) -> None:
        """Adds a run that began; its newest values are recorded from now on."""
        self._runs[id(run)] = run

    def ended(self, run: Run) -> None:
        """Removes a run that has ended."""
        self._runs.pop(id(run), None)

    def left(self, run: Run) -> None:
        """Called when nothing more happens in a run."""
        if self._mirror is not None:
            self._mirror.left(run)
        if run.task_id in self._outbox:
            run.leave()

    def revoked(self, run: Run) -> None:
        """Sends monitors `task-revoked` for a job that ended as cancelled."""
        if self._mirror is not None:
            self._mirror.revoked(run)

    def progress_text(self, current: int, total: int | None) -> str:
        """The message of an update without one."""
        return progress_text(self._locale, current, total)

    def wake(self) -> None:
        """Wakes the thread; starts it at the first call."""
        self._awake.set()
        if self._thread is None:
            self._start()

    def close(self, run: Run) -> None:
        """Called when the body has ended: no progress is written from here on.

        A write in progress is waited for, `JOB_WAIT_S` at most; not while the jobs' breaker is
        open.
        """
        run.closed = True
        deadline = time.monotonic() + JOB_WAIT_S
        if run.lock.acquire(timeout=0 if self.writer.breaker.open else self.writer.wait_s):
            run.lock.release()
        if self._mirror is not None:
            self._mirror.close(run, max(deadline - time.monotonic(), 0.0))

    def record(
        self, run: Run | None, task_id: str, *happened: ev.Event, keep: bool = True
    ) -> Applied | None:
        """Records events now; else keeps them in the outbox (unless `keep` is false) and returns
        None. Never raises."""
        if not self._waits(task_id, happened, keep=keep) and self._asks(happened):
            now = None
            try:
                with self.writer.waiting():
                    now = self.writer.now()
                    return self.writer.apply(run, task_id, happened, now)
            except StoreUnavailable as error:
                self._away(error)
                happened = _dated(happened, now)
            except ConcurrentUpdate:
                pass
            except ProgressError as error:
                self.writer.refuse(error)
                return None
        if keep:
            self._keep(run, task_id, happened)
        return None

    def record_newest(self, run: Run) -> None:
        """Records a run's newest value in the job's thread, since another attempt may begin at any
        moment, and goes on from what is recorded. Never raises."""
        away = self.writer.breaker.open or run.task_id in self._outbox
        if run.refused or run.attempt is None or away or not run.lock.acquire(timeout=JOB_WAIT_S):
            return
        try:
            value = Value.taken(run)  # also of a body that is over: its class may retry after that
            if value is not None and not self.record(run, run.task_id, value.event, keep=False):
                value.give_back()
        finally:
            run.lock.release()

    def ask(self, call: Call[T]) -> T | None:
        """Carries out a call of the store; None while it does not answer. Never raises."""
        if self.writer.breaker.open:
            return None
        try:
            with self.writer.waiting():
                return self.writer.ask(call)
        except StoreUnavailable as error:
            self._away(error)
            return None

    def record_together(self, several: Sequence[Entry]) -> list[Applied | None]:
        """As `record`, events of many tasks in one round trip; None for those that were not
        recorded now. Never raises."""
        outcomes: dict[int, Outcome] = {}
        sent = [n for n, (_, task_id, own) in enumerate(several) if not self._waits(task_id, own)]
        now = None
        if sent and self._asks(several[0][2]):
            try:
                with self.writer.waiting():
                    now = self.writer.now()
                    together = self.writer.apply_together([several[n] for n in sent], now)
                    outcomes = dict(zip(sent, together, strict=True))
            except StoreUnavailable as error:
                self._away(error)
        for n, (run, task_id, happened) in enumerate(several):
            if n not in outcomes or isinstance(outcomes[n], ConcurrentUpdate):
                self._keep(run, task_id, _dated(happened, now))
        found = (outcomes.get(n) for n in range(len(several)))
        return [outcome if isinstance(outcome, Applied) else None for outcome in found]

    def plan(self, entries: Iterator[Entry]) -> None:
        """Has the thread begin planned records."""
        self._behind.add(Plans(entries))
        self.wake()

    def end_planned(self, task_ids: Iterator[str], end: ev.Unreached) -> None:
        """Has the thread end those of the records that are still planned."""
        self._behind.add(Ends(task_ids, end))
        self.wake()

    def wait_while_paused(self, run: Run) -> None:
        """Blocks the job until its record is no longer paused, or while the store does not answer.
        Each time that a pause is asked for, the record gets the event that the job waits. A job
        that was recorded as lost meanwhile waits until its worker can have taken it back."""
        acknowledged = False
        most = looks = ceil(2 * self.writer.store.settings.lease_s / _PAUSE_LOOK_S)
        while not self._stopping and (run.status == TaskStatus.PAUSED or (looks and _lost(run))):
            looks = most if run.status == TaskStatus.PAUSED else looks - 1
            asked = not acknowledged or (run.base is not None and run.base.task.asked is not None)
            if run.attempt is None or run.refused or run.status != TaskStatus.PAUSED:
                asked = False
            if asked:
                with run.lock:
                    applied = self.record(run, run.task_id, ev.Acknowledged(), keep=False)
                acknowledged = applied is not None
            time.sleep(_PAUSE_LOOK_S)
            if not self.patient.breaker.open:
                self.patient.look(run)

    def store_log(self, run: Run) -> None:
        """Stores the last lines of a run's log, in the job's thread; its end follows. Where the
        store does not answer they wait for the sender's thread. Never raises."""
        # Lines that the thread stores at the moment come first.
        if run.log is not None and run.lock.acquire(timeout=JOB_WAIT_S):
            try:
                self._logs.store_log(run, self.writer)
            finally:
                run.lock.release()
        if run.log:
            if len(self._left) == _MOST_LEFT:
                _dropped(self._left[0])
            self._left.append(run)
            self.wake()

    # The thread

    def _start(self) -> None:
        with self._guard:
            if self._thread is None:
                self._thread = daemon("progress-sender", self._work)

    def _work(self) -> None:
        while not self._stopping:
            rest_s = self._rest_s()
            woken = self._awake.wait(IDLE_S if rest_s is None else rest_s)
            if rest_s is None and not woken and self._is_over():
                return
            self._awake.clear()
            try:
                self._hurry()
                self.flush()
                self._look()
                self._probe()
                # What a canvas left to do is about records of which the outbox may have the first
                # events.
                if not self._outbox and self._behind.step(self.patient):
                    self._awake.set()
            except Exception:
                # The next values must be recorded after any exception; it is logged.
                with contextlib.suppress(Exception):  # of the application's log
                    if self._traceback.passes():
                        logger.exception("the sender of progress failed; trying again")

    def _is_over(self) -> bool:
        """Whether the thread ends after long without work: it would keep the store of an app that
        is dropped. The next wake-up starts another one."""
        with self._guard:
            mine, self._thread = self._thread, None
            if self._awake.is_set():  # by a caller that may have found the thread there
                self._thread = mine
            return self._thread is None

    def _hurry(self) -> None:
        """Has the values recorded now, and each second from now on, once the worker shuts down: its
        jobs may be killed before their ends."""
        hurries = worker_shutdown.begun()
        if hurries == self._hurries:
            return
        self._hurries = hurries
        self._values.interval_s = min(self._interval_s, _LONGEST_S if hurries else inf)
        if hurries:
            for run in list(self._runs.values()):
                run.next_due = min(run.next_due, time.monotonic())

    def _rest_s(self) -> float | None:
        away = self.writer.breaker.away
        if not (self._runs or self._outbox or self._behind or self._left or away):
            return None
        rest_s = self._interval_s
        if rest_s > _LONGEST_S:
            waiting = [run.next_due for run in list(self._runs.values()) if run.pending is not None]
            rest_s = min(_LOOK_S, min(waiting, default=inf) - time.monotonic())
        if away:
            until_s = 0 if self._outbox else self._probe_at - time.monotonic()
            rest_s = min(rest_s, max(until_s, self.patient.breaker.remaining_s))
        return max(rest_s, _SHORTEST_S)

    def _look(self) -> None:
        """Reads in one round trip the records of runs that have written nothing for a while: others
        receive a cancel or a pause with the reply to each write. A run that has never set a value
        is left out, since it checks nothing."""
        now = time.monotonic()
        if now < self._look_at or self.patient.breaker.open:
            return
        runs = [
            run
            for run in list(self._runs.values())
            if run.next_due and now - run.status_at > _OLD_S and run.listens
        ]
        for start in range(0, len(runs), _LOOKED_AT):
            self.patient.look_at(runs[start : start + _LOOKED_AT])
        if runs:
            self._look_at = time.monotonic() + _LOOK_S - _SHORTEST_S

    def flush(self, *, everything: bool = False) -> None:
        """Records the events in the outbox, then the newest values that are due."""
        if self._outbox or self._outbox.dropped:
            self._flush_outbox()
        ready = [
            run
            for run in list(self._runs.values())
            if (run.pending is not None or run.loop is not None)
            and (everything or run.urgent or time.monotonic() >= run.next_due)
        ]
        for start in range(0, len(ready), TOGETHER):
            self._values.send(ready[start : start + TOGETHER])
        for run in list(self._runs.values()):
            if run.log and (everything or time.monotonic() >= run.log.due):
                with run.lock:
                    self._logs.store_log(run, self.patient)
            self._logs.store_samples(run, self.patient)
        self._store_left()

    def _store_left(self) -> None:
        """Stores the last lines of runs that have ended, behind what the outbox has of them."""
        for _ in range(len(self._left)):
            try:
                run = self._left.popleft()
            except IndexError:  # `stop` does it at the same time
                return
            with run.lock:
                self._logs.store_log(run, self.patient)
            waits = run.attempt is not None or run.task_id in self._outbox
            if run.log and waits and not run.refused:
                self._left.append(run)

    def _flush_outbox(self, deadline: float = inf) -> None:
        wait_s = min(deadline - time.monotonic(), SENDER_WAIT_S)
        if not self._sending.acquire(timeout=max(wait_s, 0)):
            return
        try:
            while self._outbox and not self.patient.breaker.open:
                if (left_s := deadline - time.monotonic()) <= 0:
                    return
                # One alone after a failure, which may be about that event only.
                firsts = self._outbox.firsts(1 if self.patient.breaker.away else TOGETHER)
                try:
                    if not self._send(firsts, left_s):
                        return
                except StoreUnavailable as error:
                    self.patient.away(error)
                    for kept in firsts:
                        self._outbox.postpone(kept.task_id)
            if not self.patient.breaker.open:
                self._count_dropped()
        finally:
            self._sending.release()

    def _send(self, firsts: Sequence[Kept], left_s: float) -> bool:
        """Records the first event of each of several tasks in one round trip, but those of runs
        that another run has taken the record from; whether none has to be tried again.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        wanted = [kept for kept in firsts if kept.run is None or not kept.run.refused]
        with self.writer.store.within(left_s), self.patient.waiting():
            now = self.patient.now()
            entries = [(kept.run, kept.task_id, (kept.dated(now),)) for kept in wanted]
            outcomes = self.patient.apply_together(entries, now)
        both = zip(wanted, outcomes, strict=True)
        again = {kept.task_id for kept, o in both if isinstance(o, ConcurrentUpdate)}
        for kept in firsts:
            if kept.task_id in again:
                self._outbox.postpone(kept.task_id)
            else:
                self._outbox.sent(kept)
        return not again

    def _count_dropped(self) -> None:
        """Counts in the store what the outbox has dropped."""
        if not (dropped := self._outbox.take_dropped()):
            return
        try:
            with self.patient.waiting():
                self.patient.ask(counts.add_dropped(dropped))
        except StoreUnavailable as error:
            self.patient.away(error)
            self._outbox.dropped.update(dropped)

    def _probe(self) -> None:
        """Asks the store whether it answers, while no job asks it and nothing waits for it."""
        now = time.monotonic()
        if not self.writer.breaker.away or self._outbox or self.patient.breaker.open:
            return
        if now >= self._probe_at:
            self._probe_at = now + _LONGEST_S
            self.patient.probe()

    # Both

    def _asks(self, happened: tuple[ev.Event, ...]) -> bool:
        """Whether the store is asked to record events in the job's thread. A publish, which goes on
        without a reply, does not wait for a second one where the last was late."""
        breaker = self._breaker
        return not (breaker.open or (breaker.in_doubt and isinstance(happened[0], _PUBLISHES)))

    def _away(self, error: StoreUnavailable) -> None:
        """Notes that a job's call had no reply; from then on the thread asks the store."""
        self.writer.away(error)
        self.wake()

    def _waits(self, task_id: str, happened: tuple[ev.Event, ...], *, keep: bool = True) -> bool:
        """Whether events have to follow others in the outbox: their task's, and of an end the
        publishes that the run has made. Otherwise a workflow whose last known member ends here
        would be over; and what is planned and not published at a run's end, never is."""
        ends = keep and isinstance(happened[-1], ENDS)
        return task_id in self._outbox or (ends and self._outbox.awaits(task_id))

    def _keep(self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...]) -> None:
        first, redacted = not self._outbox.dropped, self.writer.store.flows.redaction.of
        if self._outbox.keep(run, task_id, *map(redacted, happened)) and first:
            logger.error(
                "progress: more than %d events, or %d MiB, wait for the store; values are dropped "
                "first, ends last",
                MOST_KEPT,
                MOST_KEPT_BYTES // 2**20,
            )
        self.wake()

    def stop(self) -> None:
        """Sends the outbox within a bound, then ends the thread."""
        deadline = time.monotonic() + self._closing_s
        while self._outbox and time.monotonic() < deadline:
            self._flush_outbox(deadline)
            if self._outbox:
                left_s = max(deadline - time.monotonic(), 0)
                time.sleep(min(0.05 + self.patient.breaker.remaining_s, left_s))
        while self._behind and time.monotonic() < deadline and not self.patient.breaker.open:
            self._behind.step(self.patient)
        if self._left and (left_s := deadline - time.monotonic()) > 0:
            with self.writer.store.within(left_s):
                self._store_left()
        for run in list(self._left):
            _dropped(run)
        if self._outbox:
            line = "progress: %d publishes, starts and ends could not be recorded"
            logger.error(line, len(self._outbox))
        self._stopping = True
        self._awake.set()


def _dated(happened: tuple[ev.Event, ...], now: datetime | None) -> tuple[ev.Event, ...]:
    """Events with the time at which the store was asked to record them: it may have done so before
    its reply was lost, and recognises the same events by their time."""
    return happened if now is None else tuple([event.happened_at(now) for event in happened])


def _dropped(run: Run) -> None:
    logger.warning("the last lines of the log of task %s are not stored", run.task_id)


def _lost(run: Run) -> bool:
    """Whether the run was recorded as lost, as far as this process knows."""
    return run.base is not None and run.base.task.error_cause == LOST
