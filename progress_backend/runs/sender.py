"""The process's sender, as its jobs see it.

Jobs never wait for it: `update()` sets the newest value, which the sender's thread records.
Publishes, starts and ends are recorded by the job's own thread, within a time-out; one that fails
waits in the outbox, and the sender's thread records it as soon as the store answers again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil
from typing import TypeVar

from ..errors import ConcurrentUpdate, StoreUnavailable
from ..flows.stored_record import Applied, ReadRecord
from ..operations.call import Call
from ..record import events as ev
from ..record.model import LOST, TaskStatus
from .canvas_records import ends, plans
from .run import Run
from .sender_thread import SenderThread
from .values import Value
from .writer import JOB_WAIT_S, Entry, Outcome

T = TypeVar("T")

#: Events of a publish.
_PUBLISHES = (ev.Created, ev.Planned, ev.Requeued)
#: Time between two reads of a paused job's record.
_PAUSE_LOOK_S = 1.0


class Sender(SenderThread):
    """The sender of a process, made after the fork."""

    def left(self, run: Run) -> None:
        """Called when `task_postrun` of a run is handled."""
        if self._mirror is not None:
            self._mirror.left(run)
        if run.task_id in self._outbox:
            run.leave()

    def revoked(self, run: Run) -> None:
        """Sends monitors `task-revoked` for a job that ended as cancelled."""
        if self._mirror is not None:
            self._mirror.revoked(run)

    def close(self, run: Run) -> None:
        """Called when the body has ended: no progress is written from here on.

        A write in progress is waited for, `JOB_WAIT_S` at most; not while the jobs' breaker is
        open.
        """
        run.closed, jobs = True, self.writer.jobs
        deadline = time.monotonic() + JOB_WAIT_S
        if written := run.lock.acquire(timeout=0 if jobs.open else jobs.wait_s):
            run.lock.release()
        if run.value_refused or (run.next_due and not written):
            run.pending = True  # the write may fail, or was refused: the end has the value too
        if self._mirror is not None:
            self._mirror.close(run, max(deadline - time.monotonic(), 0.0))

    def now(self) -> datetime:
        """The time by the store's clock, as last measured; never waits."""
        return self.writer.store.now()

    def record(
        self,
        run: Run | None,
        task_id: str,
        *happened: ev.Event,
        keep: bool = True,
        base: ReadRecord | None = None,
    ) -> Applied | None:
        """Records events now, on `base` if there is no run and the record is known; else keeps them
        in the outbox (unless `keep` is false) and returns None. Raises only what a signal's handler
        raises meanwhile; the outbox has the events then."""
        task_id, writer, now = str(task_id), self.writer, None  # a caller may give a UUID
        try:
            if not self._outbox.holds_up(task_id, happened[-1], kept=keep) and self._asks(happened):
                with writer.waiting(writer.jobs):
                    now = writer.store.measured_now()
                    outcome = writer.apply(run, task_id, happened, now, base)
                if not isinstance(outcome, ConcurrentUpdate):
                    keep = False
                    return outcome
        except StoreUnavailable:
            self.wake()  # from now on the thread tries the store
        finally:  # also after a job's soft time limit: whether the store did it is not known
            if keep:
                self._keep(run, task_id, _dated(happened, now))
        return None

    def record_newest(self, run: Run) -> None:
        """Records a run's newest value in the job's thread, since another attempt may start at any
        moment, and continues from the recorded checkpoint. Never raises."""
        away = self.writer.jobs.open or run.task_id in self._outbox
        if run.refused or run.attempt is None or away or not run.lock.acquire(timeout=JOB_WAIT_S):
            return
        try:
            value = Value.taken(run)  # also of a body that is over: its class may retry after that
            if value is not None and not self.record(run, run.task_id, value.event, keep=False):
                value.give_back()
        finally:
            run.lock.release()

    def ask(self, call: Call[T]) -> T | None:
        """Executes a call of the store; None if it does not reply. Never raises."""
        if self.writer.jobs.open:
            return None
        try:
            with self.writer.waiting(self.writer.jobs):
                return self.writer.ask(call)
        except StoreUnavailable:
            self.wake()
            return None

    def record_together(self, several: Sequence[Entry]) -> list[Applied | None]:
        """As `record`, events of many tasks in one round trip; None for those that were not
        recorded now. Raises as `record`."""
        outcomes: dict[int, Outcome] = {}
        holds_up = self._outbox.holds_up
        sent = [n for n, (_, task_id, own) in enumerate(several) if not holds_up(task_id, own[-1])]
        now = None
        try:
            if sent and self._asks(several[0][2]):
                with self.writer.waiting(self.writer.jobs):
                    now = self.writer.store.measured_now()
                    together = self.writer.apply_together([several[n] for n in sent], now)
                    outcomes = dict(zip(sent, together, strict=True))
        except StoreUnavailable:
            self.wake()
        finally:  # also after a job's soft time limit, as in `record`
            for n, (run, task_id, happened) in enumerate(several):
                if n not in outcomes or isinstance(outcomes[n], ConcurrentUpdate):
                    self._keep(run, task_id, _dated(happened, now))
        found = (outcomes.get(n) for n in range(len(several)))
        return [outcome if isinstance(outcome, Applied) else None for outcome in found]

    def plan(self, entries: Iterator[Entry]) -> None:
        """Lets the sender's thread create planned records."""
        self._behind.add(plans(entries))
        self.wake()

    def end_planned(self, task_ids: Iterator[str], end: ev.NeverPublished) -> None:
        """Lets the sender's thread end those of the records that are still planned."""
        self._behind.add(ends(task_ids, end))
        self.wake()

    def wait_while_paused(self, run: Run) -> None:
        """Blocks the job while its record is paused, also while the store does not reply. After
        each request for a pause it records that the job waits. A job that was recorded as lost
        meanwhile waits until its worker can have recorded RunRegained."""
        acknowledged = False
        most = looks = ceil(2 * self.writer.store.settings.lease_s / _PAUSE_LOOK_S)
        while not self._stopping and (run.status == TaskStatus.PAUSED or (looks and _lost(run))):
            looks = most if run.status == TaskStatus.PAUSED else looks - 1
            asked = not acknowledged or (
                run.base is not None and run.base.task.requested is not None
            )
            if run.attempt is None or run.refused or run.status != TaskStatus.PAUSED:
                asked = False
            if asked:
                acknowledged = self._acknowledged(run)
            time.sleep(_PAUSE_LOOK_S)
            if not self.writer.thread.open:
                self.writer.look([run])

    def _acknowledged(self, run: Run) -> bool:
        """Records that a paused job waits; returns whether that is done. It may take as long as a
        call of the sender's thread: the job waits anyway."""
        thread = self.writer.thread
        if thread.open or run.task_id in self._outbox:
            return False
        try:
            with run.lock, self.writer.waiting(thread):
                now = self.writer.store.measured_now()
                done = self.writer.apply(run, run.task_id, (ev.Acknowledged(),), now, None)
        except StoreUnavailable:
            return False
        return isinstance(done, Applied)

    def store_log(self, run: Run) -> None:
        """Stores the last lines of a run's log, in the job's thread; its end follows. Where the
        store does not answer they wait for the sender's thread. Never raises."""
        # Lines that the thread stores at the moment come first.
        if run.log is not None and run.lock.acquire(timeout=JOB_WAIT_S):
            try:
                self._logs.store(run, self.writer.jobs)
            finally:
                run.lock.release()
        if run.log:
            self.leaves_lines(run)

    def _asks(self, happened: tuple[ev.Event, ...]) -> bool:
        """Whether the job's thread tries to record events. A publish needs no reply: after a late
        one it does not wait for a second one."""
        breaker = self.writer.jobs
        return not (breaker.open or (breaker.in_doubt and isinstance(happened[0], _PUBLISHES)))

    def _keep(self, run: Run | None, task_id: str, happened: tuple[ev.Event, ...]) -> None:
        self._outbox.keep(run, task_id, *map(self.writer.store.flows.redaction.of, happened))
        self.wake()


def _dated(happened: tuple[ev.Event, ...], now: datetime | None) -> tuple[ev.Event, ...]:
    """Events with the time of the try to record them: Redis may have recorded them although its
    reply was lost, and the same events are recognized by their time."""
    return happened if now is None else tuple([event.happened_at(now) for event in happened])


def _lost(run: Run) -> bool:
    """Whether the run was recorded as lost, as far as this process knows."""
    return run.base is not None and run.base.task.error_cause == LOST
