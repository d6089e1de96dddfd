"""What a worker's main process sees of a task: revokes, limits, children that died, unknown tasks.

It knows no run: its word counts while its own lease, or none, owns the record.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import events as ev
from .catalogue import text
from .failures import cause_of, described
from .marking import HEADER
from .tracker import Process, Tracker


def failed(tracker: Tracker, process: Process, task: Any, task_id: str, exception: Any) -> None:
    """A limit, a lost child, a rejected message; or the body of a task that is not tracked."""
    ours = _ours(tracker, task, task.request)
    if not ours and task.request.id == task_id:
        return
    event = ev.Failed(error_message=described(exception), cause=cause_of(exception))
    # Without its request: it may have a record all the same, by the header of its message.
    _record(tracker, process, task_id, event, keep=ours)


def revoked(
    tracker: Tracker,
    task: Any,
    *,
    request: Any,
    terminated: bool = False,
    expired: bool = False,
    **_: Any,
) -> None:
    """Revoked, terminated or expired."""
    if not _ours(tracker, task, request) or (process := tracker.process) is None:
        return
    key = "expired" if expired else "revoked"
    message = text(tracker.settings.locale, key)
    reason = "expired" if expired else "terminated" if terminated else "revoked"
    event = ev.Cancelled(message=message, by="celery", reason=reason)
    _record(tracker, process, request.id, event)


def unknown(tracker: Tracker, sender: Any, *, name: str, **about: Any) -> None:
    """The worker does not know the task; its record was made by the publisher."""
    if getattr(sender, "app", None) is not tracker.app or (process := tracker.process) is None:
        return
    message = text(tracker.settings.locale, "unknown_task", name=name)
    event = ev.Failed(error_message=message, cause="unknown_task")
    process.sender.record(None, about["id"], event, keep=False)


def internal_error(
    tracker: Tracker, task: Any, *, task_id: str, exception: Any = None, **_: Any
) -> None:
    """Celery failed around the body, mostly since the result backend is away: the run has no end
    there (or gets a failure), and in a pool of threads no other signal tells of that.
    """
    if not _ours(tracker, task, task.request) or (process := tracker.process) is None:
        return
    event = ev.Failed(error_message=described(exception), cause="internal_error")
    _record(tracker, process, task_id, event)


def _ours(tracker: Tracker, task: Any, request: Any) -> bool:
    if getattr(task, "app", None) is not tracker.app:
        return False
    headers = {HEADER: getattr(request, HEADER, None)}
    return tracker.marking_for(task.name, headers) is not None


def _record(
    tracker: Tracker, process: Process, task_id: str, event: ev.Event, *, keep: bool = True
) -> None:
    worker = tracker.worker()
    owned = replace(event, owner=worker.lease if worker else None)
    process.sender.record(None, task_id, owned, keep=keep)
