"""The process's sender: writes the newest values of its runs to the record, the result meta and
Flower.

Jobs never wait for it: `update()` sets the newest value, which the sender's thread (a greenlet
under gevent) records. Starts and ends are recorded by the job's own thread, within a time-out; one
that fails waits in the outbox and is recorded when the store answers again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import inf
from typing import Any

from ..daemon import daemon
from ..errors import ConcurrentUpdate, ProgressError, StoreUnavailable
from ..flows.commands import Command
from ..flows.stored_record import Applied
from ..record import events as ev
from ..record.default_texts import progress_text
from ..record.model import TaskStatus
from ..store.any_store import AnyStore
from ..store.outage_log import OneAMinute
from . import worker_shutdown
from .canvas_records import CanvasRecords, Ends, Plans
from .log_writer import LogWriter
from .mirror import Mirror
from .newest_values import Value
from .outbox import Outbox
from .run import Run
from .value_writer import TOGETHER, ValueWriter
from .writer import Entry, Writer

logger = logging.getLogger(__name__)

#: Longest wait of a job for the store: once each at publish, start and end.
JOB_WAIT_S = 0.2
#: Longest wait of the sender's own thread for each round trip: no job waits for that thread.
SENDER_WAIT_S = 5.0
#: Starts and ends that wait for the store; when there are more, the oldest are dropped.
MOST_KEPT = 10_000
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

    def __init__(self, store: AnyStore, mirror: Mirror | None, *, closing_s: float = 2.0) -> None:
        #: The writer for jobs, and the one for the thread, which also reaches a store that is too
        #: far away for jobs.
        self.writer = Writer(store, "jobs", JOB_WAIT_S)
        self.patient = Writer(store, "sender", SENDER_WAIT_S)
        self.writer.other, self.patient.other = self.patient, self.writer
        #: Whether every value is recorded (interval 0): each `update()` wakes the thread.
        self.always = store.settings.update_interval_s == 0
        self._interval_s = store.settings.update_interval_s
        self._locale = store.settings.locale
        self._mirror = mirror
        self._closing_s = closing_s
        self._runs: dict[int, Run] = {}
        self._outbox = Outbox(MOST_KEPT)
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

    def revoked(self, run: Run) -> None:
        """Sends monitors `task-revoked` for a job that ended as cancelled."""
        if self._mirror is not None:
            self._mirror.revoked(run)

    def progress_text(self, current: int, total: int | None) -> str:
        """The message of an update without one."""
        return progress_text(self._locale, current, total)

    def wake(self) -> None:
        """Wakes the thread; starts it at the first call."""
        if self._thread is None:
            self._start()
        self._awake.set()

    def close(self, run: Run) -> None:
        """Called when the body has ended: no progress is written from here on.

        A write in progress is waited for, `JOB_WAIT_S` at most; not while the jobs' breaker is
        open.
        """
        run.closed = True
        deadline = time.monotonic() + JOB_WAIT_S
        if run.lock.acquire(timeout=0 if self.writer.breaker.open else JOB_WAIT_S):
            run.lock.release()
        if self._mirror is not None:
            self._mirror.close(run, max(deadline - time.monotonic(), 0.0))

    def record(
        self, run: Run | None, task_id: str, *happened: ev.Event, keep: bool = True
    ) -> Applied | None:
        """Records events now; else keeps them in the outbox (unless `keep` is false) and returns
        None. Never raises."""
        if task_id not in self._outbox and not self.writer.breaker.open:
            now = None
            try:
                with self.writer.waiting():
                    now = self.writer.now()
                    return self.writer.apply(run, task_id, happened, now)
            except StoreUnavailable as error:
                self.writer.away(error)
                if now is not None:
                    # The store may have done the commit before its reply was lost: by their time it
                    # recognises the same events.
                    happened = tuple(event.happened_at(now) for event in happened)
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

    def ask(self, command: Command) -> Any:
        """Runs a command on the store; None while it does not answer. Never raises."""
        if self.writer.breaker.open:
            return None
        try:
            with self.writer.waiting():
                return self.writer.ask(command)
        except StoreUnavailable as error:
            self.writer.away(error)
            return None

    def begin(self, several: Sequence[Entry]) -> list[Applied | None]:
        """Records the first events of many tasks in one round trip; None for those that were not
        recorded. Never raises."""
        if self.writer.breaker.open:
            return [None] * len(several)
        try:
            with self.writer.waiting():
                return self.writer.apply_together(several, self.writer.now())
        except StoreUnavailable as error:
            self.writer.away(error)
            return [None] * len(several)

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
        Each time that a pause is asked for, the record gets the event that the job waits."""
        heeded = False
        while run.status == TaskStatus.PAUSED and not self._stopping:
            asked = not heeded or (run.base is not None and run.base.task.asked is not None)
            if asked and run.attempt is not None and not run.refused:
                with run.lock:
                    applied = self.record(run, run.task_id, ev.Heeded(), keep=False)
                heeded = applied is not None
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
            self._awake.wait(self._rest_s())
            self._awake.clear()
            try:
                self._hurry()
                self.flush()
                self._look()
                if self._behind.step(self.patient):
                    self._awake.set()
            except Exception:
                # The next values must be recorded after any exception; it is logged.
                with contextlib.suppress(Exception):  # of the application's log
                    if self._traceback.passes():
                        logger.exception("the sender of progress failed; trying again")

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
        if not (self._runs or self._outbox or self._behind or self._left):
            return None
        rest_s = self._interval_s
        if rest_s > _LONGEST_S:
            waiting = [run.next_due for run in list(self._runs.values()) if run.pending is not None]
            rest_s = min(_LOOK_S, min(waiting, default=inf) - time.monotonic())
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
        if self._outbox:
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
            while not self.patient.breaker.open and (first := self._outbox.first()) is not None:
                if (left_s := deadline - time.monotonic()) <= 0:
                    return
                task_id, kept = first
                if kept.run is not None and kept.run.refused:
                    self._outbox.sent(task_id, kept)
                    continue
                try:
                    with self.writer.store.within(left_s), self.patient.waiting():
                        now = self.patient.now()
                        event = kept.event.happened_at(now - timedelta(seconds=kept.age_s))
                        self.patient.apply(kept.run, task_id, (event,), now)
                except StoreUnavailable as error:
                    self.patient.away(error)
                    self._outbox.postpone(task_id)
                    return
                except ConcurrentUpdate:
                    self._outbox.postpone(task_id)
                    return
                except ProgressError as error:
                    self.patient.refuse(error)
                self._outbox.sent(task_id, kept)
        finally:
            self._sending.release()

    # Both

    def _keep(self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...]) -> None:
        first = not self._outbox.dropped
        if self._outbox.keep(run, task_id, *happened) and first:
            line = "progress: more than %d events wait for the store; the oldest are dropped"
            logger.error(line, MOST_KEPT)
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
            logger.error("progress: %d starts and ends could not be recorded", len(self._outbox))
        self._stopping = True
        self._awake.set()


def _dropped(run: Run) -> None:
    logger.warning("the last lines of the log of task %s are not stored", run.task_id)
