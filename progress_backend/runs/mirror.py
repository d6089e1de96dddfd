"""Progress for Celery's own tools: the result's PROGRESS meta, and events for Flower."""

from __future__ import annotations

import logging
import time
import weakref
from functools import partial
from typing import Any

from celery import Celery
from celery.contrib.abortable import AbortableTask

from ..record.model import Task
from .breaker import Breaker
from .celery_thread import CeleryThread
from .run import Run

logger = logging.getLogger(__name__)

PROGRESS = "PROGRESS"
EVENT = "task-progress"
#: Time between two calls to a broker or result backend that fails.
_REST_S = 5.0
#: How often an end is stored again over a late PROGRESS meta, while the backend does not reply.
_PUT_RIGHT = 12
#: Least time between two events of one task.
_EVENT_INTERVAL_S = 1.0
#: The total that celery-progress uses for a task without one.
_STAND_IN = 100


class Mirror:
    """Writes recorded progress to Celery's result backend and as events; never raises.

    The process's threads for Celery's calls write: a broker or result backend that does not answer
    can block for long, and neither the record nor the other server's calls wait for it.

    No PROGRESS meta stays over an end that Celery has stored. A write starts only while the run's
    body runs, and the job waits for it before Celery stores the end. If that takes too long, or the
    write fails, the thread reads the state after the end was stored. If that is PROGRESS, it stores
    the end again.
    """

    def __init__(
        self, app: Celery, results: CeleryThread, broker: CeleryThread, *, flower_events: bool
    ) -> None:
        #: Weak, since the thread outlives an app that is dropped.
        self._app = weakref.ref(app)
        self._flower_events = flower_events
        self._results = Breaker(_REST_S)
        self._events = Breaker(_REST_S)
        self._meta_thread, self._event_thread = results, broker

    def show(self, run: Run, task: Task) -> None:
        """Queues the writes of a run's newest recorded value."""
        if run.request is None or run.closed or task.ended:
            return
        if stores_result(run) and not run.own_meta:
            self._meta_thread.put((run, PROGRESS), partial(self._write, run, task))
        if self._flower_events and not run.request.is_eager and time.monotonic() >= run.event_due:
            run.event_due = time.monotonic() + _EVENT_INTERVAL_S
            self._event_thread.put((run, EVENT), partial(self._send, run, task))

    def revoked(self, run: Run) -> None:
        """Sends `task-revoked` for a job that ended as cancelled: Celery itself sends no event for
        Ignore."""
        if self._flower_events and not run.request.is_eager:
            self._event_thread.put((run, EVENT), partial(self._send, run, None))

    def close(self, run: Run, timeout_s: float) -> None:
        """Starts no more writes for a closed run, and waits up to `timeout_s` for those in
        progress."""
        deadline, over = time.monotonic() + timeout_s, False
        try:
            over = self._meta_thread.close((run, PROGRESS), timeout_s)
        finally:  # a soft time limit may be raised in the wait
            if not over:
                run.late_meta = True
        self._event_thread.close((run, EVENT), max(deadline - time.monotonic(), 0.0))

    def left(self, run: Run) -> None:
        """Called when the run's end is stored: a write that was not waited for may overwrite it."""
        if not run.closed and run.next_due and stores_result(run):
            # Values without a body, which closes the run: before_start has raised, for example.
            run.closed = run.late_meta = True
        if run.late_meta and run.outcome is not None:
            self._meta_thread.put((run, PROGRESS), partial(self._put_right, run, _PUT_RIGHT))

    def _write(self, run: Run, task: Task) -> None:
        if not (self._results.open or run.closed):
            self._stored(run, task)

    def _put_right(self, run: Run, tries: int) -> None:
        if not self._stored(run, None) and tries:
            again = partial(self._put_right, run, tries - 1)
            self._meta_thread.put((run, PROGRESS), again, self._results.remaining_s)

    def _stored(self, run: Run, task: Task | None) -> bool:
        """Stores a task's meta; with None the run's end, if PROGRESS is stored over it. Returns
        whether the result backend replied."""
        try:
            if _aborted(run):
                return True
            if task is None:
                _put_right(run)
            else:
                backend = run.celery_task.backend
                backend.store_result(run.task_id, meta_of(task), PROGRESS, request=run.request)
        except Exception as error:  # any backend's error must not reach the job
            run.late_meta = True  # the result backend may have it, or get it later
            if self._results.failed():
                logger.warning("progress is not written to the result backend: %s", error)
            return False
        self._results.succeeded()
        return True

    def _send(self, run: Run, task: Task | None) -> None:
        app = self._app()
        if app is None or self._events.open or (run.closed and task is not None):
            return
        fields: dict[str, Any]
        if task is None:
            kind, fields = "task-revoked", {"terminated": False, "signum": None, "expired": False}
        else:
            current, total, percent = task.progress
            figures = {"current": current, "total": total, "percent": percent}
            name = run.celery_task.name
            kind, fields = EVENT, {"name": name, "result": summary_of(task), **figures}
        try:
            with app.events.default_dispatcher(hostname=run.request.hostname) as dispatcher:
                dispatcher.send(kind, uuid=run.task_id, retry=False, **fields)
        except Exception as error:  # any broker's error must not reach the job
            if self._events.failed():
                logger.warning("progress is not sent as events: %s", error)
        else:
            self._events.succeeded()


def _aborted(run: Run) -> bool:
    """Whether an AbortableTask was aborted: ABORTED is a state in the result backend, which
    PROGRESS would overwrite."""
    task = run.celery_task
    return isinstance(task, AbortableTask) and bool(task.is_aborted(task_id=run.task_id))


def _put_right(run: Run) -> None:
    """Stores the run's end again where a slow PROGRESS write has overwritten it."""
    backend, end = run.celery_task.backend, run.outcome
    if end is not None and backend.get_task_meta(run.task_id, cache=False)["status"] == PROGRESS:
        backend.store_result(
            run.task_id, end.result, end.state, traceback=end.traceback, request=run.request
        )


def summary_of(task: Task) -> str:
    """The `result` that Flower shows: "150/252 59.5% データを処理しています"."""
    current, total, percentage = task.progress
    figures = f"{current}/{total} {percentage:g}%" if total is not None else f"{current}"
    return f"{figures} {task.message}".rstrip()[:200]


def meta_of(task: Task) -> dict[str, Any]:
    """The result's meta, under the names that celery-progress reads. Its group page divides by the
    sum of the totals, so an unknown total gets a number."""
    current, total, percentage = task.progress
    return {
        "current": current,
        "total": total or max(_STAND_IN, current + 1),
        "percent": percentage,
        "description": task.message,
        "message": task.message,
        "pending": False,
    }


def stores_result(run: Run) -> bool:
    """Whether Celery itself would store this task's result."""
    task, request = run.celery_task, run.request
    if task is None or ignores_result(run):
        return False
    return bool(task.store_eager_result) if request.is_eager else True


def ignores_result(run: Run) -> bool:
    """Whether the task's result is not stored: by its message, else by the task's options. Without
    a value in the message the request's attribute is False, whatever the options say."""
    ignored = vars(run.request).get("ignore_result")
    return bool(run.celery_task.ignore_result if ignored is None else ignored)
