"""Reads of Celery's result backend before a failure is recorded: Celery keeps a SUCCESS that it has
stored, whatever becomes of the run after that, or of another run of the task."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from ..daemon import daemon
from ..errors import ProgressError
from ..flows import workflows
from ..flows.stored_record import Base
from ..record import events as ev
from ..runs.latest_worker import IDLE_S
from ..runs.run import Run
from ..runs.sender import Sender
from ..store.outage_log import fault
from .lost_runs import own_end
from .result_backend import AskBackend

#: Failures that wait for a read, and those of one read; further ones are recorded without.
_MOST, _TOGETHER = 1_000, 100
#: How long, and how often, a result backend that does not answer is asked again: a stored SUCCESS
#: is final, and so is the record's end.
_PATIENCE_S, _AGAIN_S = 5.0, 0.5
#: Longest wait of a process that exits.
_CLOSING_S = 1.5


class _Failure(NamedTuple):
    run: Run | None
    task_id: str
    happened: tuple[ev.Event, ...]
    keep: bool
    #: Monotonic time until which an answer is waited for.
    until: float
    #: Called where the failure is recorded.
    stands: Callable[[], None]


class StoredSuccess:
    """The process's queue of failures, with a thread of its own (a greenlet under gevent) from the
    first one on: neither a worker's event loop nor a job waits for the result backend."""

    def __init__(self, sender: Sender, ask: AskBackend) -> None:
        self._sender = sender
        self._ask = ask
        self._waiting: deque[_Failure] = deque()
        #: Guards the fields, and is notified when they change.
        self._changed = threading.Condition()
        self._at_work = False
        #: Whether no answer is waited for any more.
        self._over = False
        self._thread: threading.Thread | None = None

    def or_else(
        self,
        run: Run | None,
        task_id: str,
        *happened: ev.Event,
        keep: bool = True,
        stands: Callable[[], None],
    ) -> None:
        """Records the SUCCESS that the result backend has stored for the task, else these events;
        then calls `stands`, which ends what was to follow."""
        now = self._sender.writer.store.now()
        timed = tuple(event.happened_at(now) for event in happened)
        failure = _Failure(run, task_id, timed, keep, time.monotonic() + _PATIENCE_S, stands)
        with self._changed:
            if self._thread is None and not self._over:
                self._thread = daemon("progress-stored", self._work)
            room = len(self._waiting) < _MOST and not self._over
            if self._thread is not None and room:
                self._waiting.append(failure)
                self._changed.notify_all()
                return
        self._record(failure, None)

    def stop(self) -> None:
        """Records the failures that still wait, within a bound."""
        deadline = time.monotonic() + _CLOSING_S
        with self._changed:
            self._over = True
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: not self._waiting and not self._at_work, deadline - time.monotonic()
            )
            left = list(self._waiting)
            self._waiting.clear()
        for failure in left:
            self._record(failure, None)

    def _work(self) -> None:
        unanswered: list[_Failure] = []
        while True:
            with self._changed:
                self._at_work = bool(unanswered)
                self._changed.notify_all()
                self._changed.wait_for(
                    lambda: self._waiting or self._over, _AGAIN_S if unanswered else IDLE_S
                )
                room = min(max(_TOGETHER - len(unanswered), 0), len(self._waiting))
                some = [*unanswered, *(self._waiting.popleft() for _ in range(room))]
                self._at_work = bool(some)
                if not some:
                    self._thread = None  # the next failure starts another one
                    return
            unanswered = self._asked(some)

    def _asked(self, some: list[_Failure]) -> list[_Failure]:
        """Records the failures whose answers are there; returns those that are asked about
        again."""
        ends = self._ends(some)
        again: list[_Failure] = []
        for failure in some:
            waits = failure.task_id not in ends and time.monotonic() < failure.until
            if waits and not self._over:
                again.append(failure)
            else:
                self._record(failure, ends.get(failure.task_id))
        return again

    def _ends(self, some: list[_Failure]) -> Mapping[str, ev.Event | None]:
        try:
            return self._ask([failure.task_id for failure in some])
        except Exception as error:  # after any exception the failures are recorded
            fault("the result backend gives no answers", error)
            return {}

    def _record(self, failure: _Failure, end: ev.Event | None) -> None:
        run, task_id, happened, keep, _, stands = failure
        if isinstance(end, ev.Completed) and (found := self._own(task_id, end)) is not None:
            failed = happened[-1]
            success = replace(found, attempt=failed.attempt, owner=failed.owner, run=failed.run)
            happened = (*happened[:-1], success)
        self._sender.record(run, task_id, *happened, keep=keep)
        if not isinstance(happened[-1], ev.Completed):
            stands()

    def _own(self, task_id: str, end: ev.Completed) -> ev.Event | None:
        """The end, unless it is of an earlier task with the same id."""
        store = self._sender.writer.store
        try:
            document = store.run(store.flows.get(task_id))
            if document is None:
                return end
            base = Base.of(document)
            own = own_end(base, end, store.settings)
            if own is not None and base.task.member is not None:
                workflow_id = base.task.member.workflows[0]
                store.run(workflows.may_have_left(store.flows, workflow_id, store.now()))
            return own
        except ProgressError:
            return end  # the record cannot be read
        except Exception as error:  # another program's value under the record's key
            fault("a success in the result backend is not compared with the record", error, task_id)
            return None
