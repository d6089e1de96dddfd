"""The newest values of the process's runs: taken from a run, recorded, and given back where the
store does not answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ..errors import StoreUnavailable
from ..flows.stored_record import Applied
from ..record import events as ev
from .mirror import Mirror
from .outbox import Outbox
from .run import Run
from .writer import Writer

#: Values that share a round trip: an end that waits for one of them waits for all, about 1 ms.
TOGETHER = 16


class Value(NamedTuple):
    """A run's newest value, taken while the run's lock is held."""

    run: Run
    event: ev.Progressed
    #: The value of `Run.pending`, and the monotonic time of the try.
    pending: Literal[True] | float | None
    tried_at: float

    @classmethod
    def taken(cls, run: Run) -> Value | None:
        """Takes the run's newest value; None if it is recorded already."""
        run.urgent = False
        pending, tried_at = run.pending, time.monotonic()
        event = run.newest()
        return None if event is None else cls(run, event, pending, tried_at)

    def dated(self, now: datetime) -> ev.Progressed:
        """The event; with its time if it has waited for the store."""
        if not isinstance(self.pending, float):
            return self.event
        return self.event.happened_at(now - timedelta(seconds=self.tried_at - self.pending))

    def give_back(self) -> None:
        """Gives a value that could not be recorded back to its run; it is tried again unless the
        job sets a newer one meanwhile."""
        run = self.run
        run.next_due = 0.0
        if run.pending is None:
            # A loop counts on, so its value is new; a job's value is as old as its first try.
            set_at = self.pending if isinstance(self.pending, float) else self.tried_at
            run.pending = set_at if run.loop is None else True


class ValueWriter:
    """Records newest values, and passes those that were recorded to the mirror."""

    def __init__(
        self, writer: Writer, mirror: Mirror | None, outbox: Outbox, interval_s: float
    ) -> None:
        self._writer = writer
        self._mirror = mirror
        self._outbox = outbox
        #: Seconds between two values of a run.
        self.interval_s = interval_s

    def send(self, runs: Sequence[Run]) -> None:
        """Records the newest value of each run, in one round trip."""
        values, held = list[Value](), list[Run]()
        try:
            for run in runs:
                run.lock.acquire()  # no other thread waits for a run's lock while it holds one
                held.append(run)
                if (value := self._taken(run)) is not None:
                    values.append(value)
                else:
                    held.pop().lock.release()  # the run's end need not wait for the others' values
            if values:
                self._write(values)
        finally:
            for run in held:
                run.lock.release()

    def _taken(self, run: Run) -> Value | None:
        breaker = self._writer.thread
        if (
            run.closed
            or run.refused
            or (breaker.away and breaker.open)
            or run.task_id in self._outbox.kept
        ):
            return None
        value = Value.taken(run)
        if value is not None:
            run.next_due = value.tried_at + self.interval_s
        return value

    def _write(self, values: Sequence[Value]) -> None:
        """Records the values, and passes those that were recorded to the mirror."""
        try:
            with self._writer.waiting(self._writer.thread):
                now = self._writer.store.measured_now()
                dated = [
                    (each.run, each.event if each.pending is True else each.dated(now))
                    for each in values
                ]
                recorded = self._writer.values(dated, now)
        except StoreUnavailable:
            for value in values:
                value.give_back()
            return
        for value, applied in zip(values, recorded, strict=True):
            if isinstance(applied, Applied):
                value.run.value_refused = applied.refused is not None
                if self._mirror is not None and applied.refused is None:
                    self._mirror.show(value.run, applied.base.task)
