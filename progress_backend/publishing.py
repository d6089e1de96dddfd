"""A task's record begins before its message leaves."""

from __future__ import annotations

import functools
import threading
from typing import Any

from celery.utils import uuid

from . import events as ev
from .catalogue import text
from .failures import described
from .marking import CREATED_AT, HEADER, header_of, identity_of
from .model import rendered
from .tracker import Process, Tracker
from .transition import NOT_PUBLISHED


class _Publishing(threading.local):
    """What this thread publishes at the moment."""

    #: Whose message it is: Celery's signal names the task alone, and another app of the process may
    #: have a task of that name.
    app: Any = None
    #: The id is that of a task that runs: whatever becomes of the message, that one goes on.
    runs: bool = False
    #: The runs that the record made for it knows of; None while there is no record.
    attempt: int | None = None


_publishing = _Publishing()


def published(tracker: Tracker, name: str, *, headers: dict[str, Any], body: Any, **_: Any) -> None:
    """Created, before the message leaves; Requeued for a run that another process asks for anew.

    A run's own retry is told of by Retried, its replacement by Requeued, once the message has left:
    until then the record is the run's, so that it is found lost if the process dies.
    """
    if _publishing.app is not tracker.app:
        return
    marking = tracker.marking_for(name, headers)
    if marking is None or (process := tracker.process) is None or "id" not in headers:
        return
    task_id = headers["id"]
    if headers.get("retries") or headers.get("replaced_task_nesting"):
        publisher = tracker.app.current_worker_task
        run = process.run_of(publisher.request) if publisher is not None else None
        if run is None or run.task_id != task_id:
            process.sender.record(None, task_id, ev.Requeued(), keep=False)
        return
    args, kwargs = (body[0], body[1]) if isinstance(body, (list, tuple)) else ((), {})
    identity = identity_of(
        tracker.app._tasks.get(name),
        name,
        marking,
        args,
        kwargs,
        headers.get(HEADER) or {},
        parent_id=headers.get("parent_id"),
        root_id=headers.get("root_id"),
        group_id=headers.get("group"),
    )
    headers[HEADER] = header_of(identity)
    applied = process.sender.record(None, task_id, ev.Created(identity=identity), keep=False)
    if applied is None:
        return
    _publishing.runs = applied.document is None and applied.task.started_at is not None
    _publishing.attempt = applied.task.attempt
    if applied.document is not None and applied.task.revision == 1:
        # Lets the worker begin without reading the record first.
        headers[HEADER][CREATED_AT] = rendered(applied.task.created_at)


def watch(tracker: Tracker) -> None:
    """A publish that raises leaves no record that waits for ever: Celery has no signal for it."""
    send_task = tracker.app.send_task

    @functools.wraps(send_task)
    def send(name: str, *args: Any, **options: Any) -> Any:
        app = tracker.app
        if not app.finalized and app.autofinalize and name not in app._tasks:
            app.finalize(auto=True)  # until then Celery has only promises of the app's tasks
        known = tracker.marking_for(name, options.get("headers"))
        if known is not None and not options.get("task_id"):
            options["task_id"] = uuid()
        outer = _publishing.app, _publishing.runs, _publishing.attempt
        _publishing.app, _publishing.runs, _publishing.attempt = tracker.app, False, None
        try:
            return send_task(name, *args, **options)
        except Exception as error:
            process = tracker.process if known is not None and not _publishing.runs else None
            if process is not None:
                reason = described(error)
                message = text(tracker.settings.locale, "not_published", reason=reason)
                failed = ev.Failed(error_message=message, cause=NOT_PUBLISHED)
                _not_published(process, options["task_id"], failed)
            raise
        finally:
            _publishing.app, _publishing.runs, _publishing.attempt = outer

    tracker.app.send_task = send


def _not_published(process: Process, task_id: str, failed: ev.Failed) -> None:
    applied = process.sender.record(None, task_id, failed, keep=False)
    if applied is None and _publishing.attempt is not None:
        # The store went away too. Said when it is back, unless a run has begun by then: a message
        # may have left though the publish raised.
        process.sender.record(None, task_id, failed.of_attempt(_publishing.attempt))
