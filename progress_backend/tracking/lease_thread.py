"""A native thread that renews a worker's lease and runs the check for lost runs.

Beat and every API process run the check too, without a lease of their own: else no process would
find the runs of a dead worker if it was the only one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from ..daemon import native_daemon
from ..errors import StoreUnavailable
from ..flows import silent_runs
from ..flows.stored_record import milliseconds
from ..operations import counts, leases
from ..operations.call import Call
from ..record.events import Requeued
from ..settings import Settings
from ..store.drivers import Store
from ..store.outage_log import OneAMinute, alone, outage_of
from .lost_runs import LostRunCheck
from .result_backend import AskBackend

logger = logging.getLogger(__name__)

#: Seconds between two extensions of the TTL of records that run under the lease.
_EXTEND_S = 3_600.0
#: Longest wait for the store, in seconds and as a part of a lease: no job waits for this thread,
#: but it must renew the lease in time once the store replies again.
_TIMEOUT_S, _TIMEOUT_PART = 2.0, 1 / 4

#: If a newly measured clock differs by more than this part of a lease, the store's clock was set.
_SET_PART = 1 / 3
_NOT_GIVEN_BACK = "Requeued is not recorded at the shutdown"
#: Shortest wait between two rounds, as a part of a step.
_PAUSE_PART = 1 / 10

#: Returns the ids of the tasks that a worker has received or runs, with the numbers of their runs
#: (`record.model.Worker.run`); None if that set changed during the read.
AtWork = Callable[[], Mapping[str, Collection[int]] | None]


class LeaseThread:
    """Renews a lease (if it has one) and looks for lost runs, in a thread of its own."""

    def __init__(
        self,
        settings: Settings,
        lease: str | None,
        ask: AskBackend | None,
        at_work: AtWork = lambda: None,
        markings: Call[None] | None = None,
        slots: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._lease = lease
        self._at_work = at_work
        self._markings = markings
        self._slots = slots
        self._step_s = min(settings.lease_s / 3, settings.reap_interval_s)
        self._token = lease or f"{os.getpid()}/{uuid.uuid4().hex[:8]}"
        timeout_s = min(_TIMEOUT_S, settings.lease_s * _TIMEOUT_PART)
        self._store = Store(settings, timeout_s)
        self._judge = LostRunCheck(self._store, ask, self._token, self._goes_on)
        self._stop = threading.Event()
        #: Monotonic time of the store's first reply since the last gap, and of its last reply.
        self._answering: float | None = None
        self._answered = 0.0
        self._server = self._evicts = ""
        #: When the lease expires, by its last renewal. After a late renewal also the time until
        #: which the worker's lost runs are recorded as running again.
        self._valid_until: datetime | None = None
        self._takes_back_until: datetime | None = None
        self._outage = outage_of(settings)
        #: End of the log line about a store that does not answer.
        self._then = "lost runs are found and recorded when it answers again"
        if lease is not None:
            self._then = "jobs continue, the worker's lease is renewed when it answers again"
        self._traceback = OneAMinute()

    def start(self) -> None:
        """Starts the thread."""
        native_daemon("progress-lease", self._work)

    def stop(self) -> None:
        """Ends the thread and the lease."""
        self._stop.set()
        if self._lease is not None:
            try:
                with alone(_NOT_GIVEN_BACK):
                    self._give_back(self._lease)
                self._store.execute(leases.end(self._lease))
            except StoreUnavailable as error:
                logger.warning(
                    "the worker's lease could not be ended, and expires by itself: %s", error
                )

    def _give_back(self, lease: str) -> None:
        """Records Requeued for runs that a cold shutdown ends without a signal: the broker delivers
        their unacknowledged messages again."""
        store = self._store
        for base in store.run(silent_runs.given_back(lease)):
            event = Requeued(owner=lease, again_s=base.task.again_s)
            task_id, now = base.task.task_id, store.now()
            with alone(_NOT_GIVEN_BACK, task_id):
                store.run(store.flows.apply(task_id, (event,), now, base=base, clip=True))

    def _work(self) -> None:
        reap_at = extend_at = 0.0
        while not self._stop.is_set():
            try:
                self._renew()
                self._take_back()
                if time.monotonic() >= reap_at:
                    reap_at = time.monotonic() + self._settings.reap_interval_s
                    self._reap()
                if self._lease is not None and time.monotonic() >= extend_at:
                    extend_at = time.monotonic() + _EXTEND_S
                    flow = silent_runs.extend(self._settings, self._store.now(), self._lease)
                    with alone("the records of the worker's runs are not extended"):
                        self._store.run(flow)
                    if self._markings is not None:
                        with alone("the worker's settings are not recorded"):
                            self._store.execute(self._markings)
                wait_s = self._until(reap_at)
            except StoreUnavailable as error:
                self._answering = None
                self._outage.away("lease", f"{error}; {self._then}")
                wait_s = self._step_s
            except Exception:
                # The thread continues: without a renewal, healthy runs would be found lost.
                with contextlib.suppress(Exception):  # raised by the application's log
                    if self._traceback.passes():
                        logger.exception("the renewal of the worker's lease failed; trying again")
                wait_s = self._step_s
            self._stop.wait(wait_s)
        if self._lease is None:  # else `stop` ends the lease over the same connections
            self._store.close()

    def _until(self, reap_at: float) -> float:
        """Seconds until the next round. A check starts on time, whatever the renewals' step, so
        that a lost run is found within a lease and one interval. If checks take longer than that, a
        pause remains between them."""
        due_s = reap_at - time.monotonic()
        return min(self._step_s, max(due_s, self._step_s * _PAUSE_PART))

    def _renew(self) -> None:
        was_set = self._measure_clock()
        if self._lease is not None:
            now, lease_s = self._store.now(), timedelta(seconds=self._settings.lease_s)
            until_ms = milliseconds(now + lease_s)
            self._store.execute(leases.renew(self._lease, until_ms, self._slots()))
            if self._stop.is_set():  # meanwhile: `stop` may have ended the lease before
                self._store.execute(leases.end(self._lease))
            if self._valid_until is not None and now > self._valid_until:
                # A check that read the expired lease may still record losses for a while.
                interval_s = timedelta(seconds=self._settings.reap_interval_s)
                self._takes_back_until = now + lease_s + interval_s
            self._valid_until = now + lease_s
        self._note_answer(self._store.server(), was_set)
        self._outage.back("lease")

    def _take_back(self) -> None:
        """Records as running again the runs that this worker still has, but that were recorded as
        lost while it was frozen or cut off from the store: else a run that writes nothing stays
        lost until it ends."""
        if self._lease is None or self._takes_back_until is None:
            return
        at_work = self._at_work()
        if at_work is None:
            return  # the next round tries again
        with alone("lost runs that continue are not recorded as running"):
            self._judge.take_back(self._lease, at_work)
        if self._store.now() > self._takes_back_until:
            self._takes_back_until = None

    def _measure_clock(self) -> bool:
        """Measures the store's clock; returns whether it was set, forward or back, since the last
        measurement."""
        known, at = self._store.now(), time.monotonic()
        self._store.measure_clock()
        went_s = (self._store.now() - known).total_seconds()
        return abs(went_s - (time.monotonic() - at)) > self._settings.lease_s * _SET_PART

    def _note_answer(self, server: str, was_set: bool) -> None:
        """Notes a reply of the store. After a gap its steady time starts again. Gaps that raise no
        error are: this thread slept; the server was restarted (it may have old leases); its clock
        was set since leases were renewed."""
        now = time.monotonic()
        slept = now - self._answered > self._settings.lease_s
        if self._answering is None or slept or was_set or server != self._server:
            self._answering = now
            self._warn_of_eviction()
        self._answered, self._server = now, server

    def _warn_of_eviction(self) -> None:
        """Warns, once for each eviction policy, if Redis may delete records."""
        with contextlib.suppress(StoreUnavailable):  # the Redis user may not run INFO
            memory = self._store.execute(counts.memory())
            if memory.evicts != self._evicts and memory.eviction:
                logger.warning("%s", memory.eviction)
            self._evicts = memory.evicts

    def _reap(self) -> None:
        """Runs the check for lost runs, if the store has replied without a gap for a whole
        lease."""
        if not self._steady():
            return
        judge, lease = self._judge, self._lease
        with alone("the expired leases are not read"):
            judge.dead(judge.over())
        due = judge.due(lease)
        at_work = self._at_work()  # read first: a run that starts after this is not silent
        if lease is not None and at_work is not None:
            judge.left_over(lease, due.held, at_work)
        judge.unheld(*due.unheld)
        judge.acts(due.acts)
        judge.plans(due.quiet)
        judge.lost(due.again)
        if lease is not None:
            judge.warnings(lease, due.held)

    def _goes_on(self) -> bool:
        """Called between two steps of a check, which may take longer than a lease. Renews the
        lease; returns whether the check continues."""
        if time.monotonic() - self._answered > self._step_s / 2:
            self._renew()
        return self._steady() and not self._stop.is_set()

    def _steady(self) -> bool:
        answering = self._answering
        return answering is not None and time.monotonic() - answering >= self._settings.lease_s
