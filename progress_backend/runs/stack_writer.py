"""When the stacks of a process's runs are taken: on a request, as a warning comes, as a cancel is
not carried out, and before a hard time limit; and the tracebacks of those that failed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ..errors import ProgressError, StoreUnavailable
from ..flows.stored_record import milliseconds
from ..operations import stacks
from ..operations.call import Call
from ..operations.stacks import Lately
from ..record import timeline
from ..record.model import Warnings, rendered
from ..stacks.frames import At, described, stack_of
from ..stacks.tracebacks import cut
from .run import Run
from .writer import Writer

#: Seconds between two looks at a job, and between two stacks of a process; after which a cancel
#: counts as not carried out; and before a time limit, for both looks.
APART_S, CANCEL_S, LIMIT_S = 1.0, 10.0, 2.9
#: Stacks and tracebacks that wait; when there are more, the oldest go. Entries in one step.
_MOST, _STEP = 200, 16
#: What cannot wait for the others.
_FIRST: Final = ("request", "time_limit")


class _Due(NamedTuple):
    run: Run
    cause: str
    seen: At | None
    at: float


class StackWriter:
    """Takes and stores the stacks of a process, in the sender's thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._store = writer, writer.store
        self._due = deque[_Due](maxlen=_MOST)
        self._failed = deque[tuple[Run, dict[str, Any], str]](maxlen=_MOST)
        self._next_at = 0.0
        #: Requests and stacks of the last minute, as last read.
        self.lately: Lately = {}

    def __bool__(self) -> bool:
        return bool(self._due or self._failed)

    def failed(self, run: Run, traceback: str) -> None:
        """Takes the traceback of a run that failed, in its thread."""
        self._failed.append((run, self._entry(run, "traceback"), traceback))

    def step(self, runs: Sequence[Run]) -> None:
        """Looks at the runs of which a stack is due, and stores that of the next one."""
        self.store_tracebacks()
        now = time.monotonic()
        for run in runs:
            if run.place is not None and (cause := _cause(run, self.lately, now)):
                due = _Due(run, cause, _newest(stack_of(run.place)), now)
                (self._due.appendleft if cause in _FIRST else self._due.append)(due)
        for _ in range(_STEP):
            if not self._due or now < self._due[0].at + APART_S:
                return
            if not self._take(self._due[0], now):
                return
            self._due.popleft()

    def store_tracebacks(self) -> None:
        """Stores the next tracebacks."""
        for _ in range(min(len(self._failed), _STEP)):
            run, entry, text = self._failed[0]
            entry["traceback"] = cut(text, self._store.flows.redaction)
            if not self._save(stacks.keep(run.task_id, timeline.encoded(entry))):
                return
            self._failed.popleft()

    def _take(self, due: _Due, now: float) -> bool:
        """Stores the stack of a run, or why there is none; whether that is done."""
        run, by_itself = due.run, due.cause != "request"
        entry, now_ms = self._entry(run, "stack"), milliseconds(self._store.now())
        taken = sum(at_ms > now_ms - stacks.LATELY_MS for at_ms in self.lately.values())
        if by_itself and taken >= stacks.MOST_LATELY and not run.closed:
            entry["cause"] = "too_many"
            return self._save(stacks.keep(run.task_id, timeline.encoded(entry)))
        if now < self._next_at and not run.closed:
            return False
        stack = [] if run.place is None else stack_of(run.place)
        if run.closed:
            return True
        self._next_at = now + APART_S
        frames = described(stack, self._store.flows.redaction)
        entry |= {"cause": due.cause, "frames": frames, "same_s": 0.0}
        if (newest := _newest(stack[: len(frames)])) is not None:
            entry["text"] = _line(frames[stack.index(newest)])[: timeline.LONGEST]
            entry["same_s"] = round(now - due.at, 1) if newest == due.seen else 0.0
        if by_itself and not self._save(stacks.note(f"\0{run.task_id}", now_ms)):
            return False
        return self._save(stacks.keep(run.task_id, timeline.encoded(entry)))

    def _entry(self, run: Run, event: str) -> dict[str, Any]:
        return {"time": rendered(self._store.now()), "event": event, "attempt": run.attempt}

    def _save(self, call: Call[None]) -> bool:
        """Carries out a call; whether the store has answered."""
        if self._writer.thread.open:
            return False
        try:
            with self._writer.waiting(self._writer.thread):
                self._store.execute(call)
        except StoreUnavailable:
            return False
        except ProgressError as error:
            self._writer.refuse(error)
        return True


def _cause(run: Run, lately: Lately, now: float) -> str | None:
    """Why a stack of a run is due; None if none is."""
    if run.closed or (place := run.place) is None:
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


def _line(frame: dict[str, Any]) -> str:
    """ "jobs.py:12 in fetch: time.sleep(60)"."""
    line = f"{frame['file']}:{frame['line']} in {frame['function']}"
    return f"{line}: {frame['code']}" if "code" in frame else line
