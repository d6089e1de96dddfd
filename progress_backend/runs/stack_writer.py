"""Takes and stores stacks of a process's runs: on a request, at a new warning, when a cancel has no
effect, and before a hard time limit; and the tracebacks of failed runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from ..operations import stacks
from ..operations.stacks import Lately
from ..record.document import written
from ..record.model import Warnings
from ..record.timeline import LONGEST, StackFrame, TimelineEntry
from ..stacks.frames import MOST, At, JobThread, described, stack_of
from ..stacks.tracebacks import cut
from ..store.outage_log import alone
from .run import Run
from .side_queue import SideQueue
from .writer import Writer

#: Seconds between the two looks at a job's stack; until a cancel counts as without effect; and
#: before a time limit, enough for both looks.
APART_S, CANCEL_S, LIMIT_S = 1.0, 10.0, 2.9


class _Due(NamedTuple):
    """A traceback; or a stack with a first look at the monotonic time `at`, and a second due."""

    run: Run
    entry: TimelineEntry
    at: float = 0.0
    place: JobThread | None = None
    seen: At | None = None


class StackWriter(SideQueue[_Due]):
    """Takes and stores the stacks of a process, in the sender's thread."""

    def __init__(self, writer: Writer) -> None:
        super().__init__("stacks and tracebacks", self._stored, at_once=16)
        self._writer, self._store = writer, writer.store
        #: Requests of the last minute, as last read.
        self.lately: Lately = {}
        #: Seconds from a first look to the second; none at the end of the process.
        self.apart_s = APART_S

    def failed(self, run: Run, traceback: str) -> None:
        """Takes the traceback of a run that failed, in its thread."""
        self.add(_Due(run, self._entry(run, "traceback", traceback=traceback)))

    def look(self, runs: Sequence[Run]) -> None:
        """Takes a first look at each run with a due stack."""
        now = time.monotonic()
        for run in runs:
            if run.place is not None and (cause := _cause(run, run.place, self.lately, now)):
                entry, seen = self._entry(run, "stack", cause=cause), _newest(stack_of(run.place))
                self.add(_Due(run, entry, now, run.place, seen))

    def _stored(self, due: _Due) -> bool | None:
        """Stores an entry that is due; see SideQueue."""
        if self._writer.thread.open or time.monotonic() < due.at + self.apart_s:
            return None
        entry, redaction = due.entry, self._store.flows.redaction
        if due.place is None:
            entry = replace(entry, traceback=cut(entry.traceback or "", redaction))
        else:
            stack = stack_of(due.place)
            if due.run.closed:  # the stack may be another job's
                return True
            frames = described(stack, redaction)
            entry = self._entry(due.run, "stack", cause=entry.cause, frames=frames, same_s=0.0)
            if (newest := _newest(stack[:MOST])) is not None:
                line = _line(frames[stack.index(newest)])
                entry.text = line[:LONGEST]
                if newest == due.seen:
                    entry.same_s = round(time.monotonic() - due.at, 1)
        with self._writer.waiting(self._writer.thread), alone("a stack is not recorded"):
            self._store.execute(stacks.keep(due.run.task_id, written(entry)))
        return True

    def _entry(self, run: Run, event: str, **more: Any) -> TimelineEntry:
        now = self._store.now().isoformat(timespec="milliseconds")
        return TimelineEntry(now, event, run.attempt, **more)


def _cause(run: Run, place: JobThread, lately: Lately, now: float) -> str | None:
    """Why a stack of a run is due; None if none is."""
    if run.closed:
        return None
    if run.cancelled and place.cancelled_at is None:
        place.cancelled_at = now
    warnings = (run.base.task.warnings if run.base is not None else None) or Warnings()
    causes = {
        "request": lately.get(run.task_id),
        "time_limit": place.limit_at is not None and now >= place.limit_at - LIMIT_S,
        "cancel": place.cancelled_at is not None and now >= place.cancelled_at + CANCEL_S,
        **warnings._asdict(),
    }
    new = {each for each in causes.items() if each[1]} - place.handled
    place.handled |= new
    return next((cause for cause in causes if (cause, causes[cause]) in new), None)


def _newest(stack: Sequence[At]) -> At | None:
    """The newest frame of the application's own code; of a stack without one the newest of all."""
    return next((at for at in stack if at.own), stack[0] if stack else None)


def _line(frame: StackFrame) -> str:
    """ "jobs.py:12 in fetch: time.sleep(60)"."""
    line = f"{frame.file}:{frame.line} in {frame.function}"
    return line if frame.code is None else f"{line}: {frame.code}"
