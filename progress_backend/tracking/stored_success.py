"""Reads Celery's result backend before a failure is recorded: Celery keeps a stored SUCCESS even if
this run, or another run of the task, fails later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from ..errors import ProgressError
from ..flows import workflows
from ..flows.stored_record import ReadRecord, milliseconds, own_end
from ..operations import leases
from ..record import events as ev
from ..runs.run import Run
from ..runs.sender import Sender
from ..store.outage_log import fault
from .result_backend import ASK_S, Answers, Question, ResultBackend

#: Most failures that wait for a read, and that share one; others are recorded without a read.
_MOST, _TOGETHER = 1_000, 100
#: For how long, and at which interval, in seconds, a backend that does not reply is read again:
#: neither a stored SUCCESS nor the record's end changes later.
_PATIENCE_S, _AGAIN_S = 5.0, 0.5
#: Longest wait of a process that exits, and the time between two of its steps.
_CLOSING_S, _POLL_S = 1.5, 0.02


class _Failure(NamedTuple):
    run: Run | None
    task_id: str
    happened: tuple[ev.Event, ...]
    keep: bool
    #: Monotonic time until which an answer is waited for.
    until: float
    #: Called if the failure is recorded.
    stands: Callable[[], None]
    #: Whether another run of the message may succeed after it.
    doubtful: bool


class StoredSuccess:
    """The process's queue of failures, which the sender's thread records: neither a worker's event
    loop nor a job waits for the result backend."""

    def __init__(self, sender: Sender, backend: ResultBackend) -> None:
        self._sender = sender
        self._backend = backend
        #: By their ids, in order; each call of a dict is atomic for other threads.
        self._waiting: dict[int, _Failure] = {}
        #: Held during a step: the process's exit takes steps too.
        self._stepping = threading.Lock()
        self._question: Question | None = None
        #: Monotonic time at which a question without an answer is over, or the next one may start.
        self._next_at = 0.0
        #: Whether no answer is waited for any more.
        self._over = False
        sender.each_round = self.step

    def or_else(
        self,
        run: Run | None,
        task_id: str,
        *happened: ev.Event,
        keep: bool = True,
        stands: Callable[[], None],
        doubtful: bool = False,
    ) -> None:
        """Records the SUCCESS that the result backend has stored for the task, else these events.
        If the last of them stands, calls `stands`, which ends the planned records that follow. If
        it is `doubtful`, the check for lost runs reads the backend once more, a lease later."""
        now = self._sender.writer.store.now()
        timed = tuple(event.happened_at(now) for event in happened)
        until = time.monotonic() + _PATIENCE_S
        failure = _Failure(run, str(task_id), timed, keep, until, stands, doubtful)
        if len(self._waiting) >= _MOST:
            self._record(failure, None)
            return
        self._waiting[id(failure)] = failure
        if self._over:
            self._record_left()
        else:
            self._sender.wake()

    def stop(self) -> None:
        """Records the failures that still wait, within a bound."""
        deadline = time.monotonic() + _CLOSING_S
        while self.step() and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        self._over = True
        self._record_left()

    def _record_left(self) -> None:
        with self._stepping:
            for failure in self._firsts(_MOST):
                del self._waiting[id(failure)]
                self._record(failure, None)

    def step(self) -> bool:
        """Records the failures with an answer, and those that have waited long enough; returns
        whether others wait."""
        if not self._waiting:
            return False
        with self._stepping:
            answers = self._answers()
            for failure in self._firsts(_TOGETHER):
                if failure.task_id in answers or time.monotonic() >= failure.until:
                    del self._waiting[id(failure)]
                    self._record(failure, answers.get(failure.task_id))
            return bool(self._waiting)

    def _firsts(self, most: int) -> list[_Failure]:
        return list(self._waiting.values())[:most]

    def _answers(self) -> Answers:
        """Returns the answers of a question that has ended; starts the next one."""
        question, now, answers = self._question, time.monotonic(), Answers()
        if question is not None and (question.answered.is_set() or now >= self._next_at):
            question.over, self._question, answers = True, None, dict(question.answers)
            self._next_at = now if answers else now + _AGAIN_S
        task_ids = (failure.task_id for failure in self._firsts(_TOGETHER))
        left = [task_id for task_id in task_ids if task_id not in answers]
        if self._question is None and left and now >= self._next_at:
            self._question = self._backend.begin(left, self._sender.wake)
            self._next_at = now + ASK_S
        return answers

    def _record(self, failure: _Failure, end: ev.Event | None) -> None:
        run, task_id, happened, keep, _, stands, doubtful = failure
        if isinstance(end, ev.Completed) and (found := self._own(task_id, end)) is not None:
            failed = happened[-1]
            success = found.replace(attempt=failed.attempt, owner=failed.owner, run=failed.run)
            happened = (*happened[:-1], success)
        self._sender.record(run, task_id, *happened, keep=keep)
        if isinstance(happened[-1], ev.Completed):
            return
        stands()
        if doubtful:
            store = self._sender.writer.store
            again = store.now() + timedelta(seconds=store.settings.lease_s)
            self._sender.ask(leases.ask_again([(task_id, milliseconds(again))]))

    def _own(self, task_id: str, end: ev.Completed) -> ev.Event | None:
        """The end, unless it is of an earlier task with the same id."""
        store = self._sender.writer.store
        try:
            document = store.run(store.flows.get(task_id))
            if document is None:
                return end
            base = ReadRecord.of(document)
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
