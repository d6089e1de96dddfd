"""A run's newest value while it is recorded: taken from the run, and given back where the store
does not answer."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ..record import events as ev
from .run import Run


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
            # A loop's count goes on meanwhile; a value that the job set is as old as its first try.
            set_at = self.pending if isinstance(self.pending, float) else self.tried_at
            run.pending = set_at if run.loop is None else True
