"""Shows progress where Celery's own tools look: the result's meta, and events for Flower."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import Celery, states

from .breaker import Breaker
from .model import Task
from .run import Run

logger = logging.getLogger(__name__)

PROGRESS = "PROGRESS"
EVENT = "task-progress"
#: Time between two tries of a broker or result backend that is away.
_REST_S = 5.0
#: A monitor gets no more than one event a task in this time.
_EVENT_INTERVAL_S = 1.0


def rank_progress() -> None:
    """Ranks PROGRESS as STARTED, so that a monitor lets REVOKED win over it.

    Celery ranks unknown states above REVOKED (celery.states, events.state).
    """
    states.PRECEDENCE_LOOKUP[PROGRESS] = states.precedence(states.STARTED)


class Mirror:
    """Writes what `update()` said to Celery's result backend and as events; never raises.

    In a thread of its own: a broker or result backend that is away can block for long, and the
    record must not wait for it. Holds the newest task of each run, no more.
    """

    def __init__(self, app: Celery, *, flower_events: bool) -> None:
        self._app = app
        self._flower_events = flower_events
        self._results = Breaker(_REST_S)
        self._events = Breaker(_REST_S)
        self._newest: dict[int, tuple[Run, Task | None]] = {}
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None

    def show(self, run: Run, task: Task) -> None:
        """Takes a run's record after a progress value was recorded."""
        if run.request is None or task.ended:
            return
        self._newest[id(run)] = (run, task)
        self._wake()

    def revoked(self, run: Run) -> None:
        """The job ended as cancelled: Celery itself sends no event for Ignore."""
        if self._flower_events and not run.request.is_eager:
            self._newest[id(run)] = (run, None)
            self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="progress-mirror", daemon=True)
            self._thread.start()
        self._awake.set()

    def _work(self) -> None:
        while True:
            self._awake.wait()
            self._awake.clear()
            while self._newest:
                _, (run, task) = self._newest.popitem()
                if task is None:
                    self._event(run, "task-revoked", terminated=False, signum=None, expired=False)
                    continue
                with run.mirror_lock:
                    if not run.closed:
                        self._write(run, task)

    def _write(self, run: Run, task: Task) -> None:
        if not self._results.open and _stores_result(run) and not run.own_meta:
            try:
                run.celery_task.backend.store_result(
                    run.task_id, meta_of(task), PROGRESS, request=run.request
                )
            except Exception as error:  # any backend's error; progress must not hurt
                self._results.failed()
                logger.warning("progress is not shown in the result backend: %s", error)
        if self._flower_events and not run.request.is_eager and time.monotonic() >= run.event_due:
            run.event_due = time.monotonic() + _EVENT_INTERVAL_S
            current, total, percent = task.progress
            figures = {"current": current, "total": total, "percent": percent}
            name = run.celery_task.name
            self._event(run, EVENT, name=name, result=summary_of(task), **figures)

    def _event(self, run: Run, kind: str, **fields: Any) -> None:
        if self._events.open:
            return
        try:
            with self._app.events.default_dispatcher(hostname=run.request.hostname) as dispatcher:
                dispatcher.send(kind, uuid=run.task_id, retry=False, **fields)
        except Exception as error:  # the broker's error, whatever it is
            self._events.failed()
            logger.warning("progress is not sent as events: %s", error)


def summary_of(task: Task) -> str:
    """What Flower shows: "150/252 59.5% データを処理しています"."""
    current, total, percentage = task.progress
    figures = f"{current}/{total} {percentage:g}%" if total is not None else f"{current}"
    return f"{figures} {task.message}".rstrip()[:200]


def meta_of(task: Task) -> dict[str, Any]:
    """The result's meta; its names are those that celery-progress reads."""
    current, total, percentage = task.progress
    return {
        "current": current,
        "total": total,
        "percent": percentage,
        "description": task.message,
        "message": task.message,
        "pending": False,
    }


def _stores_result(run: Run) -> bool:
    """Whether Celery itself would store this task's result."""
    task, request = run.celery_task, run.request
    if task is None:
        return False
    ignored = getattr(request, "ignore_result", None)
    if ignored if ignored is not None else task.ignore_result:
        return False
    return bool(task.store_eager_result) if request.is_eager else True
