"""Celery signals of a worker's main process: revokes, time limits, dead children, unknown tasks.

An event names its run, since two runs of one task may be under way in a worker, and is refused if
another worker's lease has the record. If there is no record because the store did not reply until
now, the event creates one.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partial
from typing import Any

from celery.app.task import Context
from celery.utils.functional import maybe_list

from ..flows.stored_record import created
from ..record import events as ev
from ..record.canvas import embed_of
from ..record.default_texts import text
from ..record.failures import cause_of, described
from ..runs.failure_hooks import asked_for, call_hooks
from ..runs.run import Run, TaskCancelled
from . import plans
from .decorator import Marking
from .headers import ALONE, HEADER, RUN
from .identity import identity_of, member_in
from .process import Process
from .request_methods import request_of
from .tracker import Tracker
from .worker_lease import at_work

#: Numbers the runs of this worker.
_numbers = itertools.count(1)


def received(tracker: Tracker, sender: Any, *, request: Any, **_: Any) -> None:
    """Numbers the run of a received message (`task_received`); the number is passed to the pool and
    recorded with the start. If a child dies with `reject_on_worker_lost`, Celery sends no signal:
    its message is delivered again, and the worker has its run no more."""
    if tracker.disabled:
        return
    request.request_dict[RUN] = next(_numbers)
    if (request.delivery_info or {}).get("redelivered"):
        from celery.worker import state

        known = request.id in state.requests or request.id in state.successful_requests
        request.request_dict[ALONE] = not known


def failed(
    tracker: Tracker,
    process: Process,
    task: Any,
    task_id: str,
    exception: Any,
    args: Any,
    kwargs: Any,
) -> None:
    """Records Failed for a time limit, a dead child or a rejected message (`task_failure` in the
    main process). For an untracked task it ends the planned records that follow."""
    request = task.request if task.request.id == task_id else request_of(task_id)
    end_ahead = partial(plans.end, tracker, process, request, task.name, cancelled=False)
    marking = _marking(tracker, task, request)
    if marking is None and request is not None:
        end_ahead()
        return
    cause = cause_of(exception)
    again_s = tracker.failed_s(task, cause, limit=cause == "time_limit")
    failure = ev.Failed(error_message=described(exception), cause=cause, again_s=again_s)
    event = _owned(tracker, failure, request)
    doubtful = _may_succeed(task, request)
    if marking is None:
        # The task may have a record all the same, because of its message's header.
        process.unless_stored.or_else(
            None, task_id, event, keep=False, stands=end_ahead, doubtful=doubtful
        )
        return
    run = _run(process, task, task_id, marking, request, args, kwargs)
    process.unless_stored.or_else(run, task_id, event, stands=end_ahead, doubtful=doubtful)


def revoked(
    tracker: Tracker,
    task: Any,
    *,
    request: Any,
    terminated: bool = False,
    signum: Any = None,
    expired: bool = False,
    **_: Any,
) -> None:
    """Records Cancelled for a revoked, terminated or expired task (`task_revoked`); Requeued where
    Celery itself ended the run; nothing for a copy of the message that the worker discards while
    another copy's run is alive."""
    marking = _marking(tracker, task, request)
    if (process := tracker.process) is None:
        return
    if terminated and not _asked(request, signum):
        let_go(tracker, task, request=request)
        return
    # Celery discards a copy of a message while another delivery's run goes on.
    goes_on = not terminated and str(request.id) in (at_work() or ())
    applied = None
    if marking is not None and not goes_on:
        key = "expired" if expired else "revoked"
        message = text(tracker.settings.locale, key)
        reason = "expired" if expired else ev.TERMINATED if terminated else "revoked"
        event = ev.Cancelled(message=message, by="celery", reason=reason)
        # A revoke is about the task, whichever run receives it; an expired message about its own.
        named = request if expired else None
        run = _run(process, task, request.id, marking, request, request.args, request.kwargs)
        applied = process.sender.record(run, request.id, _owned(tracker, event, named))
        goes_on = applied is not None and not applied.task.ended  # another worker runs the task
    plans.end_after_revoke(tracker, process, request, task.name, goes_on=goes_on)
    if asked_for(applied):
        error = TaskCancelled(f"task {request.id} was cancelled")
        call_hooks(task, error, request.id, request.args, request.kwargs)


def let_go(tracker: Tracker, task: Any, *, request: Any) -> None:
    """Records Requeued for a run that Celery itself ended, because the broker's connection was lost
    or the worker shuts down: the message is delivered again. A message that was acknowledged before
    is not, and its run is found lost."""
    if _marking(tracker, task, request) is None or (process := tracker.process) is None:
        return
    if (again_s := tracker.again_s(task)) is None:
        return
    event = ev.Requeued(again_s=again_s)
    process.sender.record(None, request.id, _owned(tracker, event, request))


def _asked(request: Any, signum: Any) -> bool:
    """Whether a terminated run was revoked by a command: Celery keeps the revoked ids and stamps,
    and passes a command's signal as a number, but a dead child's as text."""
    from celery.worker import state

    if isinstance(signum, int) or request.id in state.revoked:
        return True
    stamps = request.stamps or {}
    return any(
        stamp in (maybe_list(state.revoked_stamps.get(header)) or ())
        for header in request.stamped_headers or ()
        for stamp in maybe_list(stamps.get(header)) or ()
    )


def unknown(tracker: Tracker, sender: Any, *, name: str, **about: Any) -> None:
    """Records Failed for a task that the worker has not registered (`task_unknown`); the publisher
    made the record."""
    if (process := tracker.process) is None:
        return
    message = text(tracker.settings.locale, "unknown_task", name=name)
    event = ev.Failed(error_message=message, cause="unknown_task")
    process.sender.record(None, about["id"], event, keep=False)
    received = about.get("message")
    if received is not None and member_in(received.headers) is not None:
        plans.end_ahead(tracker, process, embed_of(received.payload), name, cancelled=False)


def internal_error(
    tracker: Tracker,
    task: Any,
    *,
    task_id: str,
    exception: Any = None,
    args: Any = None,
    kwargs: Any = None,
    request: Any = None,
    **_: Any,
) -> None:
    """Records Failed for an exception in Celery's own code around the body (`task_internal_error`),
    mostly because the result backend does not reply: it has no end of the run, or a failure. In a
    thread pool Celery sends no other signal. A retry may be published or running."""
    marking = _marking(tracker, task, task.request)
    if (process := tracker.process) is None:
        return
    context = Context(request) if isinstance(request, Mapping) else None
    end_ahead = partial(plans.end, tracker, process, context, task.name, cancelled=False)
    if marking is None:
        end_ahead()
        return
    event = ev.Failed(
        error_message=described(exception),
        cause="internal_error",
        retries=getattr(context, "retries", None) or 0,
        again_s=tracker.failed_s(task, "internal_error"),
    )
    run = _run(process, task, task_id, marking, task.request, args, kwargs)
    failure = _owned(tracker, event, context)
    doubtful = _may_succeed(task, context)
    process.unless_stored.or_else(run, task_id, failure, stands=end_ahead, doubtful=doubtful)


def _may_succeed(task: Any, request: Any) -> bool:
    """Whether another run of a message may succeed after the failure of this one."""
    redelivered = (getattr(request, "delivery_info", None) or {}).get("redelivered")
    return bool(redelivered or task.acks_late) and not task.ignore_result


def _marking(tracker: Tracker, task: Any, request: Any) -> Marking | None:
    return tracker.marking_for(task.name, {HEADER: getattr(request, HEADER, None)})


def _owned(tracker: Tracker, event: ev.Event, request: Any) -> ev.Event:
    """The event with this worker's lease, and with the number of the request's run if that is
    known."""
    worker = tracker.worker()
    handed: Mapping[str, Any] = getattr(request, "request_dict", None) or {}
    number = handed.get(RUN) or getattr(request, RUN, None)
    return event.replace(owner=worker.lease if worker else None, run=number)


def _run(
    process: Process,
    task: Any,
    task_id: str,
    marking: Marking,
    request: Any,
    args: Any,
    kwargs: Any,
) -> Run:
    """A run for a task that began in another process, with the record of its publish as base."""
    task_id = str(task_id)
    identity = identity_of(task, task.name, marking, args, kwargs, request)
    run = Run(task_id, identity, process.sender)
    run.base = created(task_id, ev.Created(identity=identity), process.store.now())
    return run
