"""The writer of the newest values of the process's runs."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import StoreUnavailable
from ..flows.stored_record import Applied
from ..record.local_time import MILLISECOND
from ..record.model import Task
from ..record.samples import Samples
from .mirror import Mirror
from .newest_values import Value
from .outbox import Outbox
from .run import Run
from .writer import Outcome, Writer

#: Values that share a round trip: an end that waits for one of them waits for all, about 1 ms.
TOGETHER = 16


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
        if run.closed or run.refused or self._writer.breaker.open or run.task_id in self._outbox:
            return None
        value = Value.taken(run)
        if value is not None:
            run.next_due = value.tried_at + self.interval_s
        return value

    def _write(self, values: Sequence[Value]) -> None:
        """Records the values, and passes those that were recorded to the mirror."""
        try:
            with self._writer.waiting():
                now = self._writer.now()
                entries = [(v.run, v.run.task_id, (v.dated(now),)) for v in values]
                if len(entries) == 1:  # always so in a prefork child
                    recorded: Sequence[Outcome] = [self._writer.alone(*entries[0], now)]
                else:
                    recorded = self._writer.apply_together(entries, now)
        except StoreUnavailable as error:
            self._writer.away(error)
            for value in values:
                value.give_back()
            return
        for value, applied in zip(values, recorded, strict=True):
            if isinstance(applied, Applied) and applied.refused is None:
                _sample(value.run, applied.task)
                if self._mirror is not None:
                    self._mirror.show(value.run, applied.task)


def _sample(run: Run, task: Task) -> None:
    """Notes how far a run is, by a value that was recorded."""
    began, at = task.attempt_started_at, task.updated_at
    if began is None or at is None or task.attempt != run.attempt:
        return
    if run.samples is None:
        run.samples = Samples()
    run.samples.add((at - began) // MILLISECOND, task.current_items)
