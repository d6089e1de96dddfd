"""Creation of a task's record before its message is sent (`before_task_publish`)."""

from __future__ import annotations

import functools
import threading
from typing import Any

from celery.utils import uuid

from ..record import events as ev
from . import remote_tasks
from .decorator import HEADER, Marking, header_of, identity_of
from .group_records import Batch
from .headers import add_created, instant, not_published, runs
from .tracker import Tracker


class _Call:
    """One call of `app.send_task`."""

    __slots__ = ("app", "attempt", "batch", "identity", "limit", "runs")

    def __init__(self, app: Any, producer: Any) -> None:
        #: The app that publishes: Celery's signal names the task alone, and another app of the
        #: process may have a task of that name.
        self.app = app
        #: The batch that keeps the message, with others, until their records are begun together.
        self.batch = producer if isinstance(producer, Batch) else None
        #: Whether the id is that of a running task, whose record goes on whatever becomes of the
        #: message.
        self.runs = False
        #: The identity of the record, once it is known.
        self.identity: ev.Identity | None = None
        #: The record's attempt, as far as the store has replied.
        self.attempt = 0
        #: The publishing job's soft time limit, if it was raised during the signal.
        self.limit: BaseException | None = None


class _Thread(threading.local):
    #: The call that this thread is in.
    call: _Call | None = None


_thread = _Thread()


def interrupted(limit: BaseException) -> None:
    """Makes the publish in this thread raise a soft time limit after it is done."""
    if (call := _thread.call) is not None:
        call.limit = limit


def published(tracker: Tracker, name: str, *, headers: dict[str, Any], body: Any, **_: Any) -> None:
    """Records Created before a message is sent; Requeued for a task with a record that another
    process publishes again.

    For a run's own retry Retried is recorded, for its replacement Requeued, after the message was
    sent: until then the run has the record, so that it is found lost if the process dies.
    """
    call = _thread.call
    if call is None or call.app is not tracker.app:
        return
    if _handed_on(tracker, headers):
        del headers[HEADER]
    marking = tracker.marking_for(name, headers)
    if marking is None or (process := tracker.process) is None or "id" not in headers:
        return
    task_id = headers["id"]
    if headers.get("retries") or headers.get("replaced_task_nesting"):
        publisher = tracker.app.current_worker_task
        run = process.run_of(publisher.request) if publisher is not None else None
        if run is not None and run.task_id == task_id:
            call.runs, run.eta = True, instant(headers.get("eta"))
            return
        retries = headers.get("retries") or None
        requeued = ev.Requeued(retries=retries, eta=instant(headers.get("eta")))
        applied = process.sender.record(None, task_id, requeued, keep=retries is not None)
        if applied is not None:
            call.attempt = applied.task.attempt
            return
        # There is no record: only one part of a replacement keeps the task's id. (Or the store does
        # not answer; then it is not asked again.)
    args, kwargs = (body[0], body[1]) if isinstance(body, (list, tuple)) else ((), {})
    task = tracker.app._tasks.get(name)
    identity = identity_of(task, name, marking, args, kwargs, headers)
    call.identity = identity
    headers[HEADER] = header_of(identity)
    created = ev.Created(
        identity=identity,
        eta=instant(headers.get("eta")),
        expires=instant(headers.get("expires")),
    )
    if call.batch is not None:
        call.batch.begin(tracker, task_id, created, headers)
        return
    applied = process.sender.record(None, task_id, created, keep=False)
    if applied is None:
        return
    call.runs, call.attempt = runs(applied), applied.task.attempt
    add_created(applied, headers)


def _identity_of_unsent(
    tracker: Tracker, call: _Call, name: str, marking: Marking, args: Any, options: dict[str, Any]
) -> ev.Identity:
    """The identity of a task whose publish raised, mostly before Celery had its message ready,
    since the broker did not answer."""
    if call.identity is not None:
        return call.identity
    given = dict(zip(("args", "kwargs"), args, strict=False)) | options
    message = {**options, HEADER: (options.get("headers") or {}).get(HEADER)}
    task = tracker.app._tasks.get(name)
    return identity_of(task, name, marking, given.get("args"), given.get("kwargs"), message)


def _handed_on(tracker: Tracker, headers: dict[str, Any]) -> bool:
    """Whether a job publishes another task with the headers of its own message, whose progress
    header is not about that task."""
    given = headers.get(HEADER)
    if given is None or (publisher := tracker.app.current_worker_task) is None:
        return False
    request = publisher.request
    same: bool = getattr(request, HEADER, None) == given
    return same and request.id != headers.get("id")


def watch(tracker: Tracker) -> None:
    """Patches `app.send_task`, so that a publish that raises gives the task a failed record: Celery
    has no signal for it."""
    send_task = tracker.app.send_task

    @functools.wraps(send_task)
    def send(name: str, *args: Any, **options: Any) -> Any:
        app = tracker.app
        if name not in app._tasks:
            if not app.finalized and app.autofinalize:
                app.finalize(auto=True)  # before that Celery has only lazy promises of the tasks
            if name not in app._tasks:
                remote_tasks.look_for(tracker, name)
        known = tracker.marking_for(name, options.get("headers"))
        if known is not None and not options.get("task_id"):
            options["task_id"] = uuid()
        outer, call = _thread.call, _Call(app, options.get("producer"))
        _thread.call = call
        try:
            sent = send_task(name, *args, **options)
        except BaseException as error:  # KeyboardInterrupt too, or a time-out of gevent's
            if known is not None and not call.runs:
                identity = _identity_of_unsent(tracker, call, name, known, args, options)
                not_published(tracker, options["task_id"], error, identity, call.attempt)
            raise
        finally:
            _thread.call = outer
        if call.limit is not None:
            raise call.limit
        return sent

    tracker.app.send_task = send
