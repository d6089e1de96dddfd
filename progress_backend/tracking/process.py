"""This process's part of an app's tracker: its store, its sender and its runs."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from celery import Celery

from ..runs.celery_thread import CeleryThread
from ..runs.forked import ForkedSender
from ..runs.mirror import Mirror
from ..runs.run import Run
from ..runs.sender import Sender
from ..store.drivers import Store
from .headers import NUMBER
from .result_backend import ResultBackend
from .stored_success import StoredSuccess

#: Numbers of runs, unique among all apps of the process.
_numbers = itertools.count(1)
#: The current run and its thread; code that the job starts with its context inherits it.
_under_way: ContextVar[tuple[Run, int] | None] = ContextVar("progress_run", default=None)


class Process:
    """The parts of a tracker that must not be shared over a fork: connections, threads, runs."""

    def __init__(self, app: Celery, store: Store) -> None:
        self.pid = os.getpid()
        #: Runs under way, each with the run that was current in its context before.
        self._runs: dict[int, tuple[Run, tuple[Run, int] | None]] = {}
        self.store = store
        results = CeleryThread("progress-results")
        #: For messages and events: calls to the broker, which may block for long.
        self.broker = CeleryThread("progress-broker")
        events = store.settings.flower_events
        mirror = Mirror(app, results, self.broker, flower_events=events)
        self.sender = Sender(store, mirror)
        self.unless_stored = StoredSuccess(self.sender, ResultBackend(app, results))
        #: Store for reads by callers that may wait longer than a job; opened at the first one.
        self.reader: Store | None = None

    def begin(self, run: Run) -> None:
        """Adds a run that begins."""
        # Kept on the request, since Celery copies the request where a task class or the body itself
        # calls the body.
        setattr(run.request, NUMBER, number := next(_numbers))
        self._runs[number] = run, _under_way.get()
        _under_way.set((run, threading.get_ident()))

    def handed_on(self, sender_of: Callable[[], Sender | None]) -> dict[int, Run]:
        """The runs under way, for a process that was forked from this one."""
        runs = {number: run for number, (run, _) in self._runs.items()}
        for run in runs.values():
            ForkedSender(run, sender_of)
        return runs

    def run_of(self, request: Any) -> Run | None:
        """The run of a request: two runs of one task may be under way, after a redelivery."""
        run, _ = self._runs.get(getattr(request, NUMBER, 0), (None, None))
        return run

    def run_in(self, task: Any) -> Run | None:
        """The run of a task in this thread; in another thread, such as an event loop's, the run of
        the job that started it."""
        run = self.run_of(task.request)
        if run is not None or (handed := _under_way.get()) is None:
            return run
        its, thread = handed
        return its if its.celery_task is task and thread != threading.get_ident() else None

    def end(self, request: Any) -> Run | None:
        """Removes the run of an execution that has ended, and returns it."""
        run, before = self._runs.pop(getattr(request, NUMBER, 0), (None, None))
        if run is None:
            return None
        # The job that called this task eagerly is current again. No token is reset: a run may end
        # in another context than it started in, e.g. another greenlet's, which keeps its own.
        if (current := _under_way.get()) is not None and current[0] is run:
            _under_way.set(before)
        self.sender.ended(run)
        return run
