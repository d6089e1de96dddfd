"""Reads of Celery's result backend, for ends that records have missed."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

from celery import Celery
from celery.backends.base import BaseKeyValueStoreBackend, DisabledBackend

from ..daemon import daemon
from ..record.events import STORED, Cancelled, Event
from ..record.update_state_events import event_of
from ..runs.fork_guard import no_fork_in_between
from ..store.outage_log import fault

#: Longest wait for one read; silent runs are judged without the answers that did not arrive.
ASK_S = 1.0
_ENDS = ("SUCCESS", "FAILURE", "REVOKED")

#: Ends of tasks, with their times, by task id; None for a task without an end. Ids without an
#: answer in time are missing.
Answers = dict[str, Event | None]
AskBackend = Callable[[Sequence[str]], Answers]


def result_backend(app: Celery) -> AskBackend:
    """A function that reads ends from the app's result backend, within a bound.

    One thread reads, keeps the backend's connection and ends with the process: a backend that hangs
    holds a caller up no longer than the bound.
    """
    asked: list[_Asked] = []
    known = weakref.ref(app)  # the thread outlives an app that is dropped

    def ask(task_ids: Sequence[str]) -> Answers:
        if not asked:
            # Made here, at the first call: under gevent its parts belong to the thread that makes
            # them.
            asked.append(_Asked(known))
        return asked[0].ask(task_ids)

    return ask


class _Question:
    def __init__(self, task_ids: Sequence[str]) -> None:
        self.task_ids = task_ids
        self.answers: Answers = {}
        self.answered = threading.Event()
        #: Whether the caller does not wait for the rest any more.
        self.over = False


class _Asked:
    """Reads in a thread of its own, one call at a time; for callers of one thread."""

    def __init__(self, app: weakref.ref[Celery]) -> None:
        self._app = app
        self._wanted: SimpleQueue[_Question] = SimpleQueue()
        #: Held during a read.
        self._asking = threading.Lock()
        #: Whether the last read had any answer.
        self._answers = True
        self._thread: threading.Thread | None = None

    def ask(self, task_ids: Sequence[str]) -> Answers:
        deadline = time.monotonic() + ASK_S
        # A backend that answered at least in part finishes that read in a moment.
        if not self._asking.acquire(timeout=ASK_S if self._answers else 0):
            return {}
        if self._thread is None:
            self._thread = daemon("progress-ask", self._work)
        if self._thread is None:
            self._asking.release()
            return {}
        question = _Question(task_ids)
        self._wanted.put(question)
        question.answered.wait(max(deadline - time.monotonic(), 0.0))
        question.over = True
        answers = dict(question.answers)
        self._answers = bool(answers)
        return answers

    def _work(self) -> None:
        while True:
            question = self._wanted.get()
            try:
                with no_fork_in_between():
                    self._read(question)
            except Exception as error:  # unreachable: no answers
                fault("the result backend gives no answers", error)
            self._asking.release()
            question.answered.set()

    def _read(self, question: _Question) -> None:
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
            except Exception as error:  # one that cannot be decoded, or no such read
                fault("the result backend is asked for each task by itself", error)
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
        event = replace(event, reason=STORED)
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
