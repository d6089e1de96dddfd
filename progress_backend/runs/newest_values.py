"""The newest figures of runs: taken, recorded, and given back where they could not be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ..errors import StoreUnavailable
from ..record import events as ev
from .mirror import Mirror
from .run import Run
from .writer import Writer


class Value(NamedTuple):
    """What a run said last, while its lock is held."""

    run: Run
    event: ev.Progressed
    #: As `Run.pending` had it, and the monotonic time of the try.
    pending: Literal[True] | float | None
    tried_at: float

    @classmethod
    def taken(cls, run: Run) -> Value | None:
        """None if nothing is new."""
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
        """It could not be recorded: it is tried again unless something newer is said meanwhile."""
        run = self.run
        run.next_due = 0.0
        if run.pending is None:
            # A loop counts on meanwhile; what was said is as old as its first try.
            said_at = self.pending if isinstance(self.pending, float) else self.tried_at
            run.pending = said_at if run.loop is None else True


def write(values: Sequence[Value], writer: Writer, mirror: Mirror | None) -> None:
    """Records them in one trip, and has what is recorded shown."""
    try:
        with writer.waiting():
            now = writer.now()
            if len(values) == 1:  # as ever in a prefork child
                (value,) = values
                recorded = [writer.alone(value.run, value.run.task_id, (value.dated(now),), now)]
            else:
                several = [(value.run, value.run.task_id, (value.dated(now),)) for value in values]
                recorded = writer.apply_together(several, now)
    except StoreUnavailable as error:
        writer.away(error)
        for value in values:
            value.give_back()
        return
    if mirror is None:
        return
    for value, applied in zip(values, recorded, strict=True):
        if applied is not None and applied.refused is None:
            mirror.show(value.run, applied.task)
