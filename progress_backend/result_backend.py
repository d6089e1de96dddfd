"""Asks Celery's result backend for an end that the record has missed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

from celery import Celery

from .captured import event_of
from .daemon import daemon
from .events import Event

logger = logging.getLogger(__name__)

#: Longest wait for an answer; a silent run is judged without it.
ASK_S = 1.0
_ENDS = ("SUCCESS", "FAILURE", "REVOKED")

#: A task's end, with its time, by its id; None: it has none, or there is no answer.
AskBackend = Callable[[str], Event | None]


def result_backend(app: Celery) -> AskBackend:
    """The app's; no answer within a bound is None.

    Asked by one thread, which keeps the backend's connection and ends with the process: one that
    hangs holds up nobody, and is not asked again meanwhile.
    """
    asked: list[_Asked] = []

    def read(task_id: str) -> Event | None:
        if app.backend.as_uri().startswith("rpc:"):
            return None  # its results go to who sent the task, and to nobody else
        meta = app.backend.get_task_meta(task_id)
        if meta.get("status") not in _ENDS:
            return None
        event = event_of(meta["status"], meta.get("result"))
        done = done_at(meta.get("date_done"))
        return event if event is None or done is None else event.happened_at(done)

    def ask(task_id: str) -> Event | None:
        if not asked:
            # Not before: under gevent its parts belong to the thread that makes them.
            asked.append(_Asked(read))
        return asked[0].ask(task_id)

    return ask


class _Question:
    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.answer: Event | None = None
        self.answered = threading.Event()


class _Asked:
    """Has a thread read, one task at a time; for the use of one thread."""

    def __init__(self, read: AskBackend) -> None:
        self._read = read
        self._wanted: SimpleQueue[_Question] = SimpleQueue()
        #: Held while a question is without its answer.
        self._asking = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, task_id: str) -> Event | None:
        if not self._asking.acquire(blocking=False):
            return None
        if self._thread is None:
            self._thread = daemon("progress-ask", self._work)
        if self._thread is None:
            self._asking.release()
            return None
        question = _Question(task_id)
        self._wanted.put(question)
        question.answered.wait(ASK_S)
        return question.answer

    def _work(self) -> None:
        while True:
            question = self._wanted.get()
            try:
                question.answer = self._read(question.task_id)
            except Exception as error:  # disabled, unreachable, undecodable: no answer
                logger.debug("result backend gives no answer: %r", error)
            self._asking.release()
            question.answered.set()


def done_at(told: Any) -> datetime | None:
    """Celery's `date_done`, a datetime or its text, in UTC unless it says otherwise."""
    if isinstance(told, str):
        try:
            told = datetime.fromisoformat(told)
        except ValueError:
            return None
    if not isinstance(told, datetime):
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
