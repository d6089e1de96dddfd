"""Reads Celery's result backend, for ends that records have missed."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from celery import Celery
from celery.backends.base import BaseKeyValueStoreBackend, DisabledBackend

from ..record.events import STORED, Cancelled, Event
from ..record.update_state_events import event_of
from ..runs.celery_thread import CeleryThread
from ..store.outage_log import fault

#: Longest wait for one read, in seconds; the caller then continues with the answers that it has.
ASK_S = 1.0
_ENDS = ("SUCCESS", "FAILURE", "REVOKED")

#: Ends of tasks, with their times, by task id; None for a task without an end. Ids without an
#: answer in time are missing.
Answers = dict[str, Event | None]
AskBackend = Callable[[Sequence[str]], Answers]


class Question:
    """A read of the ends of some tasks."""

    def __init__(self, task_ids: Sequence[str]) -> None:
        self.task_ids = task_ids
        self.answers: Answers = {}
        self.answered = threading.Event()
        #: Whether its caller waits for no more answers.
        self.over = False


class ResultBackend:
    """Reads ends from an app's result backend, in the thread for such calls: a backend that hangs
    blocks a caller for a bounded time."""

    def __init__(self, app: Celery, thread: CeleryThread | None = None) -> None:
        self._app = weakref.ref(app)  # the thread outlives an app that is dropped
        self._thread = thread
        self._last: Question | None = None

    def begin(self, task_ids: Sequence[str], then: Callable[[], None] | None = None) -> Question:
        """Starts a read, in place of one that has not started yet; `then` is called after it."""
        if self._thread is None:
            # Made at the first call: under gevent its parts belong to the thread that makes them.
            self._thread = CeleryThread("progress-results")
        self._last = question = Question(task_ids)
        self._thread.put(self, partial(self._answer, question, then))
        return question

    def ask(self, task_ids: Sequence[str]) -> Answers:
        """Reads and waits for the answers, `ASK_S` at most; for callers of one thread."""
        deadline, last = time.monotonic() + ASK_S, self._last
        # If the last read has some answers, it is about to end.
        if last is not None and not last.answered.wait(ASK_S if last.answers else 0):
            return {}
        question = self.begin(task_ids)
        question.answered.wait(max(deadline - time.monotonic(), 0.0))
        question.over = True
        return dict(question.answers)

    def _answer(self, question: Question, then: Callable[[], None] | None) -> None:
        try:
            self._read(question)
        except Exception as error:  # unreachable: no answers
            fault("the result backend does not answer", error)
        question.answered.set()
        if then is not None:
            then()

    def _read(self, question: Question) -> None:
        if (app := self._app()) is None:
            return
        backend, task_ids = app.backend, question.task_ids
        if backend.as_uri().startswith("rpc:"):
            # rpc:// results go to the process that published the task, and to no other.
            question.answers.update(dict.fromkeys(task_ids))
            return
        if isinstance(backend, BaseKeyValueStoreBackend) and len(task_ids) > 1:
            try:
                # The tasks that have ended, in one read.
                ended = dict(backend.get_many(task_ids, interval=0, max_iterations=1))
                found = {task_id: end_of(ended.get(task_id)) for task_id in task_ids}
            except Exception as error:  # one cannot be decoded, or no mget
                fault("the result backend is read for each task separately", error)
            else:
                question.answers.update(found)
                return
        for task_id in task_ids:
            if question.over:
                return
            question.answers[task_id] = end_of(self._meta(backend, task_id))

    def _meta(self, backend: Any, task_id: str) -> Mapping[str, Any] | None:
        for last in (False, True):
            try:
                meta: Mapping[str, Any] = backend.get_task_meta(task_id)
            except Exception as error:
                if not backend.exception_safe_to_retry(error):  # disabled, undecodable: no end
                    if not isinstance(backend, DisabledBackend):
                        fault("the result backend gives no answer", error, task_id)
                    return None
                # Once more: the server may have closed the connection before the request was sent.
                if last:
                    raise
            else:
                return meta
        return None


def end_of(meta: Mapping[str, Any] | None) -> Event | None:
    """The event of an end in the result backend's meta of a task; None if there is no end."""
    if meta is None or meta.get("status") not in _ENDS:
        return None
    event = event_of(meta["status"], meta.get("result"))
    if isinstance(event, Cancelled):
        event = event.replace(reason=STORED)
    done = done_at(meta.get("date_done"))
    return event if event is None or done is None else event.happened_at(done)


def done_at(stored: Any) -> datetime | None:
    """Celery's `date_done`, a datetime or its text, in UTC unless it has another offset."""
    if isinstance(stored, str):
        try:
            stored = datetime.fromisoformat(stored)
        except ValueError:
            return None
    if not isinstance(stored, datetime):
        return None
    return stored if stored.tzinfo is not None else stored.replace(tzinfo=UTC)
