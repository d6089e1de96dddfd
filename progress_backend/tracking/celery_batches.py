"""Messages that a celery-batches task runs together: each gets its own start and end.

Celery's signals are sent for the batch alone, under no message's id; the task's body gets the
messages' requests as a list.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from ..record import events as ev
from ..record.failures import cause_of, described
from ..runs.run import Run
from .decorator import Marking
from .headers import RUN
from .identity import identity_of
from .process import Process
from .result_backend import AskBackend, result_backend
from .tracker import Tracker

#: Attributes of the batch's request: the runs in the batch, and the exception of its body.
_RUNS, _RAISED = "_progress_batch", "_progress_raised"
#: Requests that a worker's main process has received and Celery does not count, in the task's
#: buffer or its pool: while they are in this set they are not lost.
in_hand: WeakSet[Any] = WeakSet()
_asks: WeakKeyDictionary[Process, AskBackend] = WeakKeyDictionary()


def batched(task: Any) -> bool:
    """Whether the task has a strategy of its own, and does not get its messages one by one."""
    return not isinstance(getattr(task, "Strategy", ""), str)


def remembering(task: Any, body: Callable[..., Any]) -> Callable[..., Any]:
    """A batch task's body, which keeps its exception on the request, since no Celery signal has
    it."""

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return body(*args, **kwargs)
        except BaseException as error:
            for request in task.request_stack.stack:  # calling a task makes another request
                setattr(request, _RAISED, error)
            raise

    return run


def began(tracker: Tracker, process: Process, task: Any, marking: Marking, args: Any) -> None:
    """Records Started for each request of a batch; removes requests that were cancelled from the
    body's list."""
    requests = args[0] if args and isinstance(args[0], list) else []
    several = [
        _start(tracker, process, task, marking, request)
        for request in requests
        if isinstance(getattr(request, "id", None), str) and hasattr(request, "request_dict")
    ]
    _record(process, several)
    runs = [run for run, _ in several]
    cancelled = {run.task_id for run in runs if run.cancelled}
    setattr(task.request, _RUNS, [run for run in runs if not run.cancelled])
    if cancelled:
        requests[:] = [request for request in requests if request.id not in cancelled]
        for task_id in cancelled:  # without a result `get()` would wait for ever
            task.backend.mark_as_revoked(task_id, "cancelled", store_result=not task.ignore_result)


def _start(
    tracker: Tracker, process: Process, task: Any, marking: Marking, request: Any
) -> tuple[Run, ev.Event]:
    handed = request.request_dict or {}
    identity = identity_of(task, task.name, marking, request.args, request.kwargs, handed)
    worker = tracker.worker()
    started = ev.Started(
        identity=identity,
        worker=None if worker is None else worker._replace(run=handed.get(RUN)),
        retries=handed.get("retries") or 0,
        again_s=tracker.again_s(task),
        redelivered=bool((request.delivery_info or {}).get("redelivered")),
    )
    return Run(request.id, identity, process.sender, celery_task=task, request=request), started


def ended(tracker: Tracker, process: Process, task: Any, state: str | None) -> None:
    """Records the end of each request of a batch: the end that the body has stored in the result
    backend, else the batch's own."""
    runs: list[Run] = [run for run in getattr(task.request, _RUNS, ()) if not run.refused]
    if not runs:
        return
    if process not in _asks:
        _asks[process] = result_backend(tracker.app)
    stored = [run.task_id for run in runs if not run.request.ignore_result]
    answers = _asks[process](stored) if stored else {}
    several = [(run, _of_this_run(run, answers.get(run.task_id))) for run in runs]
    _record(process, [(run, end or _end(task, state)) for run, end in several])


def _of_this_run(run: Run, end: ev.Event | None) -> ev.Event | None:
    if isinstance(end, ev.Completed):
        return ev.Completed(results=end.results if run.identity.keeps_results else {})
    if isinstance(end, ev.Failed):
        return ev.Failed(error_message=end.error_message, cause="exception")
    return None


def _end(task: Any, state: str | None) -> ev.Event:
    if state == "SUCCESS":
        return ev.Completed()
    raised = getattr(task.request, _RAISED, None) or RuntimeError("the batch failed")
    return ev.Failed(error_message=described(raised), cause=cause_of(raised))


def _record(process: Process, several: list[tuple[Run, ev.Event]]) -> None:
    """Records the events in one round trip."""
    process.sender.record_together([(run, run.task_id, (event,)) for run, event in several])
