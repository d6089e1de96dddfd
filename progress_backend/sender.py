"""The process's sender: takes what jobs hand over to the record, the result meta and Flower.

Jobs never wait for it: `update()` leaves the newest value, the sender's thread (a greenlet under
gevent) picks it up. Starts and ends are tried at once by the job's thread, bounded by the store's
time-out; what could not be sent stays in the outbox and goes out when the store is back.
"""

from __future__ import annotations

import logging
import threading
import time

from . import events as ev
from .breaker import Breaker
from .catalogue import progress_text
from .errors import ConcurrentUpdate, ProgressError, StoreUnavailable
from .mirror import Mirror
from .model import TaskStatus
from .outbox import Outbox
from .record import Applied, Base
from .run import Run
from .store import Store

logger = logging.getLogger(__name__)

#: Longest wait of a job for the store at publish, start and end: each one such wait.
JOB_WAIT_S = 0.2
#: Time between two tries of a store that is away.
_REST_S = 1.0
#: Runs whose start or end waits for the store; the oldest goes when there are more.
_OUTBOX = 10_000
#: Least time between two looks for new values while nobody wakes the thread.
_SHORTEST_S = 0.05
#: Time between two looks of a paused job at its record.
_PAUSE_LOOK_S = 1.0


class Sender:
    """One per process, made after the fork."""

    def __init__(self, store: Store, mirror: Mirror | None, *, closing_s: float = 2.0) -> None:
        self.store = store
        self.breaker = Breaker(_REST_S)
        #: Every value is recorded (interval 0): each `update()` wakes the thread.
        self.always = store.settings.update_interval_s == 0
        #: Events that the record's status refused: late, doubled, or of an older run.
        self.refused = 0
        self._interval_s = store.settings.update_interval_s
        self._locale = store.settings.locale
        self._mirror = mirror
        self._closing_s = closing_s
        self._runs: dict[int, Run] = {}
        self._outbox = Outbox(_OUTBOX)
        self._guard = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopping = False

    # Called by jobs

    def opened(self, run: Run) -> None:
        """A run began: its newest values are picked up from now on."""
        self._runs[id(run)] = run

    def ended(self, run: Run) -> None:
        """A run is over."""
        self._runs.pop(id(run), None)

    def revoked(self, run: Run) -> None:
        """The job ended as cancelled: monitors hear of it as of a revoke."""
        if self._mirror is not None:
            self._mirror.revoked(run)

    def progress_text(self, current: int, total: int | None) -> str:
        """What an update without a message says."""
        return progress_text(self._locale, current, total)

    def wake(self) -> None:
        """Has the thread look at once; starts it at the first call."""
        if self._thread is None:
            self._start()
        self._awake.set()

    def close(self, run: Run) -> None:
        """The body is about to return or raise: no progress is written from here on.

        A write under way is waited for, `JOB_WAIT_S` at most.
        """
        run.closed = True
        for lock in (run.lock, run.mirror_lock):
            if lock.acquire(timeout=JOB_WAIT_S):
                lock.release()

    def record(
        self, run: Run | None, task_id: str, *happened: ev.Event, keep: bool = True
    ) -> Applied | None:
        """Records now; else None, the events kept (unless `keep` is false). Never raises."""
        if task_id not in self._outbox and not self.breaker.open:
            try:
                return self._apply(run, task_id, happened)
            except StoreUnavailable as error:
                self._away(error)
            except ConcurrentUpdate:
                pass
            except ProgressError as error:
                self._refused(error)
                return None
        if keep:
            self._keep(run, task_id, happened)
        return None

    def wait_while_paused(self, run: Run) -> None:
        """Holds the job, its lease held, until the record says otherwise; a store that is away
        says nothing."""
        while run.status == TaskStatus.PAUSED and not self._stopping:
            time.sleep(_PAUSE_LOOK_S)
            if not self.breaker.open:
                self.look(run)

    def look(self, run: Run) -> None:
        """Reads the record for its status."""
        try:
            document = self.store.run(self.store.flows.get(run.task_id))
        except StoreUnavailable as error:
            self._away(error)
            return
        self.breaker.succeeded()
        if document is not None:
            base = Base.of(document)
            if base.task.attempt == run.attempt:
                run.base = base
            run.told(base.task.status)
        else:
            run.told(TaskStatus.RUNNING)

    # The thread

    def _start(self) -> None:
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="progress-sender", daemon=True
                )
                self._thread.start()

    def _work(self) -> None:
        while not self._stopping:
            busy = self._runs or self._outbox
            self._awake.wait(max(self._interval_s, _SHORTEST_S) if busy else None)
            self._awake.clear()
            try:
                self.flush()
            except Exception:
                # Whatever it is, the next values have to go out; the log says what it was.
                logger.exception("progress sender")

    def flush(self, *, everything: bool = False) -> None:
        """Records what is due: kept events first, then the newest values."""
        self._flush_outbox()
        for run in list(self._runs.values()):
            new = run.pending is not None or run.loop is not None
            if new and (everything or run.urgent or time.monotonic() >= run.next_due):
                self._send(run)

    def _send(self, run: Run) -> None:
        with run.lock:
            if run.closed or run.refused or self.breaker.open or run.task_id in self._outbox:
                return
            run.urgent = False
            raw = run.pending
            event = run.newest()
            if event is None:
                return
            run.next_due = time.monotonic() + self._interval_s
            try:
                applied = self._apply(run, run.task_id, (event,))
            except StoreUnavailable as error:
                self._away(error)
                if run.pending is None:
                    run.pending = raw
                return
            except ProgressError as error:
                self._refused(error)
                return
            if self._mirror is not None and applied.refused is None:
                self._mirror.show(run, applied.task)

    def _flush_outbox(self) -> None:
        while not self.breaker.open and (first := self._outbox.first()) is not None:
            task_id, (run, event) = first
            try:
                self._apply(run, task_id, (event,))
            except StoreUnavailable as error:
                self._away(error)
                return
            except ConcurrentUpdate:
                return
            except ProgressError as error:
                self._refused(error)
            self._outbox.sent(task_id, event)

    # Both

    def _apply(self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...]) -> Applied:
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

    def _keep(self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...]) -> None:
        now = self.store.now()
        gave_up = self._outbox.keep(run, task_id, *(event.happened_at(now) for event in happened))
        if gave_up and self._outbox.dropped == 1:
            logger.error("progress: more than %d ends wait for the store; the oldest go", _OUTBOX)
        self.wake()

    def _refused(self, error: ProgressError) -> None:
        logger.debug("not recorded: %s", error)
        self.refused += 1

    def _away(self, error: StoreUnavailable) -> None:
        if not self.breaker.open:
            logger.warning("%s; jobs go on, newest values are kept", error)
        self.breaker.failed()

    def stop(self) -> None:
        """Sends what can be sent within a bound, then ends the thread."""
        deadline = time.monotonic() + self._closing_s
        while self._outbox and time.monotonic() < deadline:
            self._flush_outbox()
            if self._outbox:
                time.sleep(min(0.05 + self.breaker.remaining_s, self._closing_s))
        if self._outbox:
            logger.error("progress: %d ends could not be recorded", len(self._outbox))
        self._stopping = True
        self._awake.set()
