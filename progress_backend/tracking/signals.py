"""Handlers of Celery's task signals, which record events. Which signals Celery sends when: see the
table in docs/contributing/signals.md.

Every handler ignores apps and tasks that are not tracked. `connections` connects them, so that none
ever raises.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from traceback import format_exception
from typing import Any

from billiard import current_process
from celery import states
from celery._state import _task_stack
from celery.exceptions import SoftTimeLimitExceeded, TaskRevokedError

from ..record import events as ev
from ..record.failures import cause_of, described
from ..record.model import TaskStatus, Worker
from ..runs.failure_hooks import call_hooks
from ..runs.mirror import ignores_result, stores_result
from ..runs.run import REVOKED, Outcome, Run, TaskCancelled
from ..stacks.frames import LIMITED_S, here
from . import parent_signals, plans
from .created_header import created_by_publisher
from .headers import ALONE, CREATED_AT, HEADER, RUN, header_in, instant
from .identity import identity_of
from .process import Process
from .replacement import watch
from .tracker import LIMIT_VARIABLE, Tracker, tracker_of

logger = logging.getLogger(__name__)


def prerun(
    tracker: Tracker, sender: Any, *, task_id: str, args: Any, kwargs: Any, **_: Any
) -> None:
    """Records Started (`task_prerun`); from now on the notifier finds the run."""
    task, task_id = sender, str(task_id)  # a caller may give a UUID
    request = task.request
    header = header_in(request)
    marking = tracker.marking_for(task.name, {HEADER: header})
    if marking is None or (process := tracker.process) is None:
        return
    watch(tracker, task)
    given = header if isinstance(header, dict) else {}
    identity = identity_of(task, task.name, marking, args, kwargs, request)
    run = Run(task_id, identity, process.sender, celery_task=task, request=request)
    delivery = request.delivery_info or {}
    started = ev.Started(
        identity=identity,
        worker=_worker(tracker, request, getattr(request, RUN, None)),
        retries=request.retries or 0,
        again_s=None if request.is_eager else tracker.again_s(task),
        redelivered=bool(delivery.get("redelivered")) or bool(request.retries),
        alone=bool(getattr(request, ALONE, False)),
    )
    if CREATED_AT in given and not started.retries:
        eta, expires = instant(request.eta), instant(request.expires)
        made = ev.Created(identity=identity, eta=eta, expires=expires)
        made = process.store.flows.redaction.of(made)  # as the publisher has recorded it
        run.base = created_by_publisher(task_id, given, made, process.sender.writer.firsts)
    if started.worker is not None and process.store.settings.stacks:
        run.place = here()
        limit_s = (request.timelimit or (None,))[0] or task.time_limit
        limit_s = limit_s or float(os.environ.get(LIMIT_VARIABLE, "0"))
        if limit_s >= LIMITED_S and not request.is_eager:
            run.place.limit_at = run.place.began + limit_s
    process.begin(run)
    applied = process.sender.record(run, task_id, started)
    if request.is_eager and applied is not None and applied.task.status == TaskStatus.COMPLETED:
        # The id is used once more, without a publish.
        process.sender.record(None, task_id, ev.Created(identity=identity))
        run.refused, run.base = False, None
        process.sender.record(run, task_id, started)
    process.sender.opened(run)


def _worker(tracker: Tracker, request: Any, number: int | None) -> Worker | None:
    """The worker that holds the run. An eager run is held with the task that runs it; outside of a
    task, e.g. in a web process, by none."""
    worker = tracker.worker(number)
    if worker is None or not request.is_eager:
        return worker
    around = (request for task in _task_stack.stack for request in task.request_stack.stack)
    sent = next((r for r in around if not r.is_eager and not r.called_directly), None)
    return None if sent is None else worker._replace(task=sent.id, run=None)


def postrun(
    tracker: Tracker,
    sender: Any,
    *,
    task_id: str,
    state: str | None,
    retval: Any = None,
    args: Any = None,
    kwargs: Any = None,
    **_: Any,
) -> None:
    """Records ends for which Celery sends no other signal (`task_postrun`)."""
    task = sender
    if (process := tracker.process) is None:
        return
    run = process.end(task.request)
    if run is None:
        return
    try:
        _end_without_signal(tracker, process, run, state, retval, args, kwargs)
    finally:
        process.sender.left(run)


def _end_without_signal(
    tracker: Tracker,
    process: Process,
    run: Run,
    state: str | None,
    retval: Any,
    args: Any,
    kwargs: Any,
) -> None:
    task = run.celery_task
    holds_message = task.acks_late and not run.request.is_eager
    if state == "IGNORED" and isinstance(retval, TaskCancelled):
        _cancelled(process, run, retval, args, kwargs)
        plans.end_after_revoke(tracker, process, run.request, task.name)
    elif state == "IGNORED" and not run.replaced:
        _record(process, run, ev.Ignored())
    elif state == "REJECTED" and holds_message and getattr(retval, "requeue", False):
        _record(process, run, ev.Requeued())
    elif state == "REJECTED":
        # A retry that could not be published ends so too, and a message that was acknowledged
        # before the run. The main process reports it without a requeue, after storing the failure.
        cause = cause_of(retval)
        again_s = tracker.failed_s(task, cause)
        failed = ev.Failed(error_message=described(retval), cause=cause, again_s=again_s)
        _record(process, run, failed)
    elif state is None and (raised := _without_signal(run)) is not None:
        _record(process, run, ev.Failed(error_message=described(raised), cause=cause_of(raised)))
    elif run.outcome is None and sys.exc_info()[1] is not None:
        # Celery could not store this state, and sends task_internal_error next: with the exception,
        # but without the run's newest values.
        if (newest := None if run.refused else run.newest()) is not None:
            process.sender.record(run, run.task_id, newest)
    elif run.outcome is None and state == states.SUCCESS:
        _completed(process, run, retval)  # a tracer other than Celery's sends no other signal
    elif run.outcome is None and state == states.FAILURE:
        _failed(tracker, process, run, retval)


def _without_signal(run: Run) -> BaseException | None:
    """The exception that ended the body where Celery sends no task_failure, e.g. SystemExit in a
    thread pool."""
    raised = sys.exc_info()[1]
    if run.request.is_eager:  # the caller gets it: task_eager_propagates
        return raised
    if current_process().name != "MainProcess":  # the parent process reports a pool child's
        return None
    if isinstance(raised, Exception):  # Celery's own, around the body: task_internal_error follows
        return None
    # SystemExit or asyncio's CancelledError, for example: a pool of threads or greenlets drops the
    # task. A greenlet that is killed from outside reached a time limit or was revoked.
    outside = type(raised).__module__.startswith(("gevent", "greenlet", "eventlet"))
    return None if outside else raised


def _cancelled(process: Process, run: Run, error: TaskCancelled, args: Any, kwargs: Any) -> None:
    """Ends a cancelled run as Celery ends others: it stores REVOKED, without which `get()` and
    chords would wait for ever, and calls the task class's hooks. Celery does neither for Ignore."""
    if not run.cancelled:  # no caller's cancel: the job raised it itself, or called another task
        _record(process, run, ev.Cancelled(by="task", reason=described(error)))
    elif run.attempt is not None and not run.refused:
        process.sender.store_log(run)
        process.sender.record(run, run.task_id, ev.Acknowledged())
    process.sender.revoked(run)
    task, request = run.celery_task, run.request
    setattr(request, REVOKED, True)
    run.outcome = Outcome(states.REVOKED, TaskRevokedError("cancelled"))
    try:
        stores = stores_result(run)
        task.backend.mark_as_revoked(run.task_id, "cancelled", request=request, store_result=stores)
    finally:
        call_hooks(task, error, run.task_id, args, kwargs)


def _record(process: Process, run: Run, happened: ev.Event) -> None:
    """Records the run's end together with its newest value, in one commit."""
    if run.refused:
        return
    # The body is over: its end is recorded, also where the soft time limit comes only now.
    with suppress(SoftTimeLimitExceeded):
        process.sender.store_log(run)
    newest = run.newest()
    events = (happened,) if newest is None else (newest, happened)
    if not isinstance(happened, (ev.Failed, ev.Ignored)):
        process.sender.record(run, run.task_id, *events)
        return

    request = run.request  # `Run.leave` drops the run's

    def end_ahead() -> None:
        tracker = tracker_of(run.celery_task.app)
        if tracker is not None and run.identity.member is not None:
            cancelled = isinstance(happened, ev.Ignored)
            plans.end(tracker, process, request, run.celery_task.name, cancelled)

    if _may_have_a_success(run):
        process.unless_stored.or_else(run, run.task_id, *events, stands=end_ahead, doubtful=True)
    else:
        process.sender.record(run, run.task_id, *events)
        end_ahead()


def _may_have_a_success(run: Run) -> bool:
    """Whether the result backend may have a SUCCESS of another run of the message: with acks_late,
    or if the message was redelivered. The broker's flag shows that, or a record with an earlier run
    that neither a retry nor a new publish explains."""
    if run.request.is_eager or ignores_result(run):
        return False
    redelivered = (run.request.delivery_info or {}).get("redelivered")
    if redelivered or run.celery_task.acks_late:
        return True
    if run.base is None or run.attempt is None or run.attempt <= (run.request.retries or 0) + 1:
        return False
    return run.base.task.started_at != run.base.task.attempt_started_at


def success(tracker: Tracker, task: Any, *, result: Any = None, **_: Any) -> None:
    """Records Completed (`task_success`)."""
    if (process := tracker.process) is None:
        return
    run = process.run_of(task.request)
    if run is None:
        return
    _completed(process, run, result)


def _completed(process: Process, run: Run, result: Any) -> None:
    run.outcome = Outcome("SUCCESS", result)
    results: dict[str, Any] = run.results
    # A result that Celery ignores by `ignore_result` is not recorded either.
    if result is not None and run.identity.keeps_results and not ignores_result(run):
        results = {**results, **(result if isinstance(result, dict) else {"result": result})}
    _record(process, run, ev.Completed(results=results, message=run.end_message))


def failure(
    tracker: Tracker,
    task: Any,
    *,
    task_id: str,
    exception: Any = None,
    args: Any = None,
    kwargs: Any = None,
    einfo: Any = None,
    **_: Any,
) -> None:
    """Records Failed (`task_failure`): in a pool's child the body raised, in the main process a
    time limit or a dead child ended the run."""
    if (process := tracker.process) is None:
        return
    run = process.run_of(task.request)
    if run is None:
        parent_signals.failed(tracker, process, task, task_id, exception, args, kwargs)
        return
    _failed(tracker, process, run, exception, str(getattr(einfo, "traceback", "")))


def _failed(
    tracker: Tracker, process: Process, run: Run, exception: Any, traceback: str = ""
) -> None:
    run.outcome, cause = Outcome("FAILURE", exception, traceback), cause_of(exception)
    failed = ev.Failed(
        error_message=run.error_text or run.exception_line or described(exception),
        given=bool(run.error_text),
        cause=cause,
        message=run.end_message if run.error_text else None,
        again_s=None if run.request.is_eager else tracker.failed_s(run.celery_task, cause),
    )
    _record(process, run, failed)
    if run.place is not None and traceback:
        process.sender.failed(run, traceback)


def retry(tracker: Tracker, task: Any, *, request: Any, reason: Any = None, **_: Any) -> None:
    """Records Retried (`task_retry`); in a worker's main process Requeued."""
    if (process := tracker.process) is None:
        return
    if reason is None:
        parent_signals.let_go(tracker, task, request=request)
        return
    run = process.run_of(request)
    if run is None:
        return
    cause = getattr(reason, "exc", None) or reason
    retries = (request.retries or 0) + 1
    retried = ev.Retried(
        message=described(cause), retries=retries, limit=_most_retries(task), eta=run.eta
    )
    _record(process, run, retried)
    raised = cause is not reason and getattr(cause, "__traceback__", None) is not None
    if run.place is not None and raised:
        process.sender.failed(run, "".join(format_exception(cause)))


def _most_retries(task: Any) -> int | None:
    """How often the task may be retried: `max_retries` of the `retry()` call, else of the task's
    options."""
    of_options = (getattr(task, "retry_kwargs", None) or {}).get("max_retries", task.max_retries)
    limit = getattr(task, "override_max_retries", of_options)
    return limit if isinstance(limit, int) else None
