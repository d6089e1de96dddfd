"""What a worker's main process sees of a task: revokes, limits, children that died, unknown tasks.

Its word counts while its own lease, or none, owns the record, and names the run that it is about:
two of one task may be under way in a worker. Where there is no record yet, since the store was away
until now, one begins with its end.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from celery.app.task import Context
from celery.utils.functional import maybe_list

from ..flows.stored_record import created
from ..record import events as ev
from ..record.default_texts import text
from ..record.failures import cause_of, described
from ..record.redelivery import TAKEN_BACK
from ..runs.failure_hooks import asked_for, call_hooks
from ..runs.run import Run, TaskCancelled
from .celery_batches import batched, in_hand
from .decorator import HEADER, Marking, identity_of
from .headers import RUN
from .tracker import Process, Tracker

#: Numbers the runs of this worker.
_numbers = itertools.count(1)
#: Calls between one of our handlers and the method of Celery's request that has it called.
_DEEPEST = 12


def received(tracker: Tracker, sender: Any, *, request: Any, **_: Any) -> None:
    """Numbers the run that a message leads to: whoever runs it tells the record."""
    if request.app is tracker.app:
        request.request_dict[RUN] = next(_numbers)
        if batched(request.task):
            in_hand.add(request)


def failed(
    tracker: Tracker,
    process: Process,
    task: Any,
    task_id: str,
    exception: Any,
    args: Any,
    kwargs: Any,
) -> None:
    """A limit, a lost child, a rejected message; or the body of a task that is not tracked."""
    request = task.request if task.request.id == task_id else _speaking(task_id)
    marking = _marking(tracker, task, request)
    if marking is None and request is not None:
        return
    cause = cause_of(exception)
    said = ev.Failed(
        error_message=described(exception), cause=cause, again_s=_again_s(tracker, task, cause)
    )
    event = _owned(tracker, said, request)
    if marking is None:
        # It may have a record all the same, by the header of its message.
        process.unless_stored.or_else(None, task_id, event, keep=False)
        return
    run = _run(process, task, task_id, marking, request, args, kwargs)
    process.unless_stored.or_else(run, task_id, event)


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
    """Revoked, terminated or expired; or ended by Celery itself, which is no cancel."""
    marking = _marking(tracker, task, request)
    if marking is None or (process := tracker.process) is None:
        return
    if terminated and not _asked(request, signum):
        let_go(tracker, task, request=request)
        return
    key = "expired" if expired else "revoked"
    message = text(tracker.settings.locale, key)
    reason = "expired" if expired else "terminated" if terminated else "revoked"
    event = ev.Cancelled(message=message, by="celery", reason=reason)
    # A revoke means the task, whichever of its runs hears of it; a message that expired is its own.
    named = request if expired else None
    run = _run(process, task, request.id, marking, request, request.args, request.kwargs)
    applied = process.sender.record(run, request.id, _owned(tracker, event, named))
    if asked_for(applied):
        error = TaskCancelled(f"task {request.id} was cancelled")
        call_hooks(task, error, request.id, request.args, request.kwargs)


def let_go(tracker: Tracker, task: Any, *, request: Any) -> None:
    """Celery ended the run by itself, as its broker went away or its worker is shut down: the
    message comes again. One that was acknowledged before does not, and its run is found lost."""
    if _marking(tracker, task, request) is None or (process := tracker.process) is None:
        return
    if (again_s := tracker.again_s(task)) is None:
        return
    event = ev.Requeued(again_s=again_s)
    process.sender.record(None, request.id, _owned(tracker, event, request))


def _asked(request: Any, signum: Any) -> bool:
    """Whether somebody revoked what was terminated: Celery notes whom it was told to revoke, and
    gives its `terminate` the signal's number, but the end of a child only in words."""
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
    """The worker does not know the task; its record was made by the publisher."""
    if (process := tracker.process_for(sender)) is None:
        return
    message = text(tracker.settings.locale, "unknown_task", name=name)
    event = ev.Failed(error_message=message, cause="unknown_task")
    process.sender.record(None, about["id"], event, keep=False)


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
    """Celery failed around the body, mostly since the result backend is away: the run has no end
    there (or gets a failure), and in a pool of threads no other signal tells of that. Its retry may
    have left, and begun.
    """
    marking = _marking(tracker, task, task.request)
    if marking is None or (process := tracker.process) is None:
        return
    told = Context(request) if isinstance(request, Mapping) else None
    event = ev.Failed(
        error_message=described(exception),
        cause="internal_error",
        retries=getattr(told, "retries", None) or 0,
        again_s=_again_s(tracker, task, "internal_error"),
    )
    run = _run(process, task, task_id, marking, task.request, args, kwargs)
    process.unless_stored.or_else(run, task_id, _owned(tracker, event, told))


def _again_s(tracker: Tracker, task: Any, cause: str) -> float | None:
    """After how long the broker gives the message out again, if it does after such an end. One that
    ran into its time limit goes back to the queue where the task asks for it."""
    if cause == "time_limit" and task.acks_late:
        acknowledged = getattr(task, "acks_on_timeout", task.acks_on_failure_or_timeout)
        return None if acknowledged else 0
    return (tracker.again_s(task) or 0) if cause in TAKEN_BACK else None


def _speaking(task_id: str) -> Any:
    """The request of the run that the main process speaks of, from among who called: the signals
    for limits, and until Celery 5.7 for lost children, do not hand it over. None if nobody did.
    """
    from celery.worker.request import Request  # a publisher never needs it

    frame = sys._getframe(1)
    for _ in range(_DEEPEST):
        if frame.f_back is None:
            break
        frame = frame.f_back
        caller = frame.f_locals.get("self")
        if isinstance(caller, Request):
            return Context(caller.request_dict) if caller.id == task_id else None
    return None


def _marking(tracker: Tracker, task: Any, request: Any) -> Marking | None:
    if not tracker.has(task):
        return None
    return tracker.marking_for(task.name, {HEADER: getattr(request, HEADER, None)})


def _owned(tracker: Tracker, event: ev.Event, request: Any) -> ev.Event:
    """The event as this main process's word on the run of that request, if it is known."""
    worker = tracker.worker()
    handed: Mapping[str, Any] = getattr(request, "request_dict", None) or {}
    number = handed.get(RUN) or getattr(request, RUN, None)
    return replace(event, owner=worker.lease if worker else None, run=number)


def _run(
    process: Process,
    task: Any,
    task_id: str,
    marking: Marking,
    request: Any,
    args: Any,
    kwargs: Any,
) -> Run:
    """A run that knows no more than how its record would have begun."""
    identity = identity_of(task, task.name, marking, args, kwargs, request)
    run = Run(task_id, identity, process.sender, celery_task=task, request=request)
    run.base = created(task_id, ev.Created(identity=identity), process.store.now())
    return run
