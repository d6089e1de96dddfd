"""The thread of a process's sender (a greenlet under gevent). It records the newest values of the
runs, the events in the outbox as soon as the store replies again, planned records of canvases, and
the lines of logs."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from math import inf

from ..daemon import daemon
from ..stacks.frames import HANGS_S
from ..store.drivers import Store
from ..store.outage_log import OneAMinute
from . import worker_shutdown
from .canvas_records import RecordsJob
from .celery_thread import IDLE_S
from .kept_events import KeptEvents
from .log_writer import LogWriter
from .mirror import Mirror
from .outbox import Outbox
from .run import Run
from .side_queue import SideQueue
from .stack_writer import StackWriter
from .values import TOGETHER, ValueWriter
from .writer import Writer

logger = logging.getLogger(__name__)

#: Shortest time between two checks for new values without a wake-up; and the longest while values
#: or events wait for the store.
_SHORTEST_S, _LONGEST_S = 0.05, 1.0
#: For runs that write nothing: time between two reads of their records, age of a status that is
#: read again, and runs in one read.
_LOOK_S, _OLD_S, _LOOKED_AT = 0.9, 0.1, 200


class SenderThread:
    """The sender's thread, and the queues that it works on."""

    def __init__(self, store: Store, mirror: Mirror | None, *, closing_s: float = 2.0) -> None:
        self.writer = Writer(store)
        self.settings = store.settings
        #: Whether every value is recorded (interval 0): each `update()` wakes the thread.
        self.always = store.settings.update_interval_s == 0
        self._interval_s = store.settings.update_interval_s
        self._mirror = mirror
        self._closing_s = closing_s
        self._runs: dict[int, Run] = {}
        self._outbox = Outbox()
        self._kept_events = KeptEvents(self.writer, self._outbox)
        self._behind = SideQueue[RecordsJob](
            "canvases", lambda job: job.step(self.writer), at_once=1
        )
        self._logs = LogWriter(self.writer, self._outbox, min(self._interval_s, _LONGEST_S))
        self._values = ValueWriter(self.writer, mirror, self._outbox, self._interval_s)
        self._stacks = StackWriter(self.writer)
        self._beside = (self._stacks, self._behind, self._logs.left)
        self._guard = threading.Lock()
        #: Held during a round: the process's exit works on the same queues.
        self._round = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._look_at = 0.0
        #: Monotonic time of the next probe of the store, while no job calls it.
        self._probe_at = 0.0
        #: Whether the thread is idle, so that a run that starts has to wake it.
        self._idle = False
        self._hurries = False
        #: Called in each round; returns whether it has to be called again.
        self.each_round: Callable[[], bool] = bool
        self._again = False
        self._stopping = False
        self._traceback = OneAMinute()

    def opened(self, run: Run) -> None:
        """Adds a run that began; its newest values are recorded from now on."""
        self._runs[id(run)] = run
        if run.place is not None and (self._idle or self._thread is None):
            self.wake()

    def failed(self, run: Run, traceback: str) -> None:
        """Keeps the traceback of a run that failed."""
        self._stacks.failed(run, traceback)
        self.wake()

    def ended(self, run: Run) -> None:
        """Removes a run that has ended."""
        self._runs.pop(id(run), None)

    def wake(self) -> None:
        """Wakes the thread; starts it at the first call."""
        self._awake.set()
        if self._thread is None:
            self._start()

    def leaves_lines(self, run: Run) -> None:
        """Adds an ended run with log lines that wait for the store."""
        self._logs.left.add(run)
        self.wake()

    def _start(self) -> None:
        with self._guard:
            if self._thread is None:
                self._thread = daemon("progress-sender", self._work)

    def _work(self) -> None:
        while not self._stopping:
            self._idle = True
            rest_s = self._rest_s()
            self._idle = rest_s is None
            woken = self._awake.wait(IDLE_S if rest_s is None else rest_s)
            if rest_s is None and not woken and self._is_over():
                return
            self._awake.clear()
            try:
                with self._round:
                    self._do_round()
            except Exception:
                # The next values must be recorded after any exception; it is logged.
                with contextlib.suppress(Exception):  # raised by the application's log
                    if self._traceback.passes():
                        logger.exception("the sender of progress failed; trying again")

    def _do_round(self) -> None:
        self._hurry()
        self.flush()
        self._again = self.each_round()
        self._look()
        self._stacks.look(list(self._runs.values()))
        self._stacks.step()
        self._probe()
        # Planned records come after the outbox, which may have the first events of these records.
        if not self._outbox and self._behind.step():
            self._awake.set()

    def _is_over(self) -> bool:
        """Whether the idle thread ends: it would keep the store of a dropped app. The next wake-up
        starts another thread."""
        with self._guard:
            mine, self._thread = self._thread, None
            if self._awake.is_set():  # by a caller that may have found the thread there
                self._thread = mine
            return self._thread is None

    def _hurry(self) -> None:
        """Once the worker shuts down, records the values now, and then every second: its jobs may
        be killed before they end."""
        hurries = worker_shutdown.begun()
        if hurries == self._hurries:
            return
        self._hurries = hurries
        self._values.interval_s = min(self._interval_s, _LONGEST_S if hurries else inf)
        if hurries:
            for run in list(self._runs.values()):
                run.next_due = min(run.next_due, time.monotonic())

    def _rest_s(self) -> float | None:
        away = self.writer.jobs.away
        if not (self._runs or self._outbox or any(self._beside) or self._again or away):
            return None
        rest_s = self._interval_s
        if rest_s > _LONGEST_S:
            waiting = [run.next_due for run in list(self._runs.values()) if run.pending is not None]
            rest_s = min(_LOOK_S, min(waiting, default=inf) - time.monotonic())
        if away:
            until_s = 0 if self._outbox else self._probe_at - time.monotonic()
            rest_s = min(rest_s, max(until_s, self.writer.thread.remaining_s))
        return max(rest_s, _SHORTEST_S)

    def _look(self) -> None:
        """Reads in one round trip the records of runs that have written nothing for a while: others
        receive a cancel or a pause with the reply to each write. A run that has never set a value
        does not react to requests: it is left out, unless it may hang and its stack may be taken.
        """
        now = time.monotonic()
        if now < self._look_at or self.writer.thread.open:
            return
        known = list(self._runs.values())
        hangs = {id(run) for run in known if run.place and now > run.place.began + HANGS_S}
        runs = [
            run
            for run in known
            if (run.next_due or id(run) in hangs) and now - run.status_at > _OLD_S and run.listens
        ]
        for start in range(0, max(len(runs), bool(hangs)), _LOOKED_AT):
            part, asks = runs[start : start + _LOOKED_AT], bool(hangs) and not start
            lately = self.writer.look(part, stacks=asks)
            if lately is not None:
                self._stacks.lately = lately
        if runs or hangs:
            self._look_at = time.monotonic() + _LOOK_S - _SHORTEST_S

    def flush(self, *, everything: bool = False) -> None:
        """Records the events in the outbox, then the newest values that are due."""
        if self._outbox.kept or self._outbox.dropped:
            self._kept_events.send()
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
                    self._logs.store(run, self.writer.thread)
        self._logs.left.step()

    def _probe(self) -> None:
        """Checks whether the store replies, while no job calls it and no event waits for it."""
        now = time.monotonic()
        away = self.writer.jobs.away and not self.writer.thread.open
        if away and not self._outbox and now >= self._probe_at:
            self._probe_at = now + _LONGEST_S
            self.writer.probe()

    def stop(self) -> None:
        """Sends the outbox within a bound, then ends the thread."""
        deadline = time.monotonic() + self._closing_s
        while self._outbox and time.monotonic() < deadline:
            self._kept_events.send(deadline)
            if self._outbox:
                left_s = max(deadline - time.monotonic(), 0)
                time.sleep(min(0.05 + self.writer.thread.remaining_s, left_s))
        if self._round.acquire(timeout=max(deadline - time.monotonic(), 0)):
            try:
                self._stacks.apart_s = 0.0
                with self.writer.store.within(deadline - time.monotonic()):
                    for queue in self._beside:
                        queue.close(deadline)
            finally:
                self._round.release()
        for queue in self._beside:
            queue.report()
        if self._outbox:
            line = "progress: %d publishes, starts and ends could not be recorded"
            logger.error(line, len(self._outbox))
        self._stopping = True
        self._awake.set()
