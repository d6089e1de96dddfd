"""Shows progress where Celery's own tools look: the result's meta, and events for Flower."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import Celery, states
from celery.contrib.abortable import AbortableTask

from ..record.model import Task
from .breaker import Breaker
from .fork_guard import no_fork_in_between
from .latest_worker import Lane
from .run import Run

logger = logging.getLogger(__name__)

PROGRESS = "PROGRESS"
EVENT = "task-progress"
#: Time between two tries of a broker or result backend that is away.
_REST_S = 5.0
#: A monitor gets no more than one event a task in this time.
_EVENT_INTERVAL_S = 1.0
#: The total that celery-progress itself gives a task of which it knows none.
_STAND_IN = 100
#: Longest wait for the end of a run whose body is over, and the time between two looks.
_END_S, _POLL_S = 5.0, 0.02


def rank_progress() -> None:
    """Ranks PROGRESS as STARTED, so that a monitor lets REVOKED win over it.

    Celery ranks unknown states above REVOKED (celery.states, events.state).
    """
    states.PRECEDENCE_LOOKUP[PROGRESS] = states.precedence(states.STARTED)


class Mirror:
    """Writes what `update()` said to Celery's result backend and as events; never raises.

    Each in a thread of its own: a broker or result backend that is away can block for long, and
    neither the record nor the other of the two may wait for it.
    """

    def __init__(self, app: Celery, *, flower_events: bool) -> None:
        self._app = app
        self._flower_events = flower_events
        self._results = Breaker(_REST_S)
        self._events = Breaker(_REST_S)
        self._result_lane = Lane[Task]("progress-results", self._write)
        self._event_lane = Lane[Task | None]("progress-events", self._send)

    def show(self, run: Run, task: Task) -> None:
        """Takes a run's record after a progress value was recorded."""
        if run.request is None or run.closed or task.ended:
            return
        if stores_result(run) and not run.own_meta:
            self._result_lane.put(run, task)
        if self._flower_events and not run.request.is_eager and time.monotonic() >= run.event_due:
            run.event_due = time.monotonic() + _EVENT_INTERVAL_S
            self._event_lane.put(run, task)

    def revoked(self, run: Run) -> None:
        """The job ended as cancelled: Celery itself sends no event for Ignore."""
        if self._flower_events and not run.request.is_eager:
            self._event_lane.put(run, None)

    def close(self, run: Run, timeout_s: float) -> None:
        """The run is closed: nothing more is begun for it; what is under way is waited for."""
        deadline = time.monotonic() + timeout_s
        for lane in (self._result_lane, self._event_lane):
            lane.close(run, max(deadline - time.monotonic(), 0.0))

    def _write(self, run: Run, task: Task) -> None:
        if self._results.open:
            return
        try:
            if _aborted(run):
                return
            with no_fork_in_between():
                backend = _until_closed(run.celery_task.backend, run)
                backend.store_result(run.task_id, meta_of(task), PROGRESS, request=run.request)
            if run.closed:
                _put_right(run)
        except Exception as error:  # any backend's error; progress must not hurt
            if self._results.failed():
                logger.warning("progress is not shown in the result backend: %s", error)
        else:
            self._results.succeeded()

    def _send(self, run: Run, task: Task | None) -> None:
        if self._events.open or (run.closed and task is not None):
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
            dispatched = self._app.events.default_dispatcher(hostname=run.request.hostname)
            with no_fork_in_between(), dispatched as dispatcher:
                dispatcher.send(kind, uuid=run.task_id, retry=False, **fields)
        except Exception as error:  # the broker's error, whatever it is
            if self._events.failed():
                logger.warning("progress is not sent as events: %s", error)
        else:
            self._events.succeeded()


def _aborted(run: Run) -> bool:
    """Whether somebody aborted an AbortableTask: that is a state, which would be written over."""
    task = run.celery_task
    return isinstance(task, AbortableTask) and bool(task.is_aborted(task_id=run.task_id))


def _put_right(run: Run) -> None:
    """A write that was under way for long may have come after Celery's own, of the end."""
    deadline = time.monotonic() + _END_S
    while run.outcome is None:
        if not run.closed or time.monotonic() > deadline:
            return
        time.sleep(_POLL_S)  # of the lane's own thread: what tells of the end is the job's
    backend, end = run.celery_task.backend, run.outcome
    if backend.get_task_meta(run.task_id, cache=False)["status"] == PROGRESS:
        backend.store_result(
            run.task_id, end.result, end.state, traceback=end.traceback, request=run.request
        )


def _until_closed(backend: Any, run: Run) -> Any:
    """The backend for one write that may not come late.

    Celery's Redis backend reads before it writes, and tries again for a while when Redis is away;
    it guards SUCCESS alone. A PROGRESS that comes after the end would stay for ever.
    """
    # Its client is made at first use, and shared; copy.copy would make a new backend of it.
    getattr(backend, "client", None)
    guarded = object.__new__(type(backend))
    vars(guarded).update(vars(backend))
    # The next value is a better one than this one tried again.
    guarded.always_retry = False
    name = "_set" if hasattr(backend, "_set") else "set"
    write = getattr(backend, name, None)
    if write is not None:

        def unless_closed(*args: Any, **kwargs: Any) -> Any:
            return None if run.closed else write(*args, **kwargs)

        setattr(guarded, name, unless_closed)
    return guarded


def summary_of(task: Task) -> str:
    """What Flower shows: "150/252 59.5% データを処理しています"."""
    current, total, percentage = task.progress
    figures = f"{current}/{total} {percentage:g}%" if total is not None else f"{current}"
    return f"{figures} {task.message}".rstrip()[:200]


def meta_of(task: Task) -> dict[str, Any]:
    """The result's meta; its names are those that celery-progress reads. Its group page adds the
    totals up and divides by the sum, so there is a number for an unknown one."""
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
    if task is None:
        return False
    ignored = getattr(request, "ignore_result", None)
    if ignored if ignored is not None else task.ignore_result:
        return False
    return bool(task.store_eager_result) if request.is_eager else True
