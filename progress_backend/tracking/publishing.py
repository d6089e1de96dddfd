"""Creation of a task's record before its message is sent (`before_task_publish`)."""

from __future__ import annotations

from typing import Any

from ..record import events as ev
from ..record.canvas import NOTHING
from .created_header import add_record_to_header
from .group_records import Batch
from .headers import HEADER, WORKFLOW, instant
from .identity import header_of, identity_of
from .membership import join
from .plans import Canvas, not_sent
from .process import Process
from .publish import Publish, current


def before_publish(
    publish: Publish, name: str, *, headers: dict[str, Any], body: Any, **route: Any
) -> None:
    """Records Created before a message is sent; Requeued for a task with a record that another
    process publishes again.

    A run's own retry (Retried) or replacement (Requeued) is recorded after its message was sent:
    until then the run has the record, so that it is found lost if the process dies.
    """
    tracker, publish.headers = publish.tracker, headers
    if publish.marking is None or HEADER in headers:
        if _handed_on(publish):
            del headers[HEADER]
        publish.marking = tracker.marking_for(name, headers)
    if "id" not in headers:
        return
    join(publish, body)
    if (publish.member is None and publish.marking is None) or (process := tracker.process) is None:
        return
    if publish.marking is not None:
        again = headers.get("retries") or headers.get("replaced_task_nesting")
        if again and _published_again(publish, process):
            publish.ahead = NOTHING  # its records exist
            return
        _identify(publish, name, body, route)
    if isinstance(publish.producer, Batch) and publish.producer.tracker is tracker:
        return  # the batch creates the records of its messages together
    if any(publish.ahead):
        canvas = Canvas(tracker)
        canvas.add(publish)
        canvas.begin(process, [publish], last=True)
    elif publish.created is not None:
        made, task_id = current.made, headers["id"]
        known = None if made is None or made.task.task_id != task_id else made.base
        applied = process.sender.record(None, task_id, publish.created, base=known)
        if known is not None and applied is not None:
            current.made = applied
        add_record_to_header(publish, applied)


def _identify(publish: Publish, name: str, body: Any, route: dict[str, Any]) -> None:
    """Makes the event that creates the record of a task before its message is sent."""
    headers, marking, tracker = publish.headers, publish.marking, publish.tracker
    assert marking is not None
    args, kwargs = (body[0], body[1]) if isinstance(body, (list, tuple)) else ((), {})
    task = tracker.app._tasks.get(name)
    identity = identity_of(task, name, marking, args, kwargs, headers)
    message = None
    if marking.again and (marking.start or marking.keeps) and publish.member is None:
        message = _kept(publish, name, identity, body, route)
        if marking.start:
            identity = identity._replace(again=message is not None)
    headers[HEADER] = header_of(identity)
    if publish.member is not None and identity.owner is not None and not publish.goes_on:
        # The tasks that follow have that owner, unless they have their own.
        headers[WORKFLOW]["owner"] = identity.owner
    eta, expires = headers.get("eta"), headers.get("expires")
    publish.created = ev.Created(
        identity=identity,
        eta=None if eta is None else instant(eta),
        expires=None if expires is None else instant(expires),
        message=message,
    )


def _kept(publish: Publish, name: str, identity: Any, body: Any, route: Any) -> bytes | None:
    """What the task is published with, to be kept; None of a message that is no JSON."""
    app = publish.tracker.app
    if (publish.serializer or app.conf.task_serializer) != "json":
        return None
    from .kept_message import kept

    task_id = str(publish.headers["id"])
    return kept(task_id, name, identity, body, route, publish.tracker.settings)


def _published_again(publish: Publish, process: Process) -> bool:
    """Whether a message publishes a task with a record again, as a retry or a replacement."""
    headers, task_id = publish.headers, str(publish.headers["id"])
    publisher = publish.tracker.app.current_worker_task
    run = process.run_of(publisher.request) if publisher is not None else None
    if run is not None and run.task_id == task_id:
        publish.attempt, run.eta = None, instant(headers.get("eta"))
        if run.checkpoint is not None:
            process.sender.record_newest(run)
        return True
    retries = headers.get("retries") or None
    requeued = ev.Requeued(retries=retries, eta=instant(headers.get("eta")))
    applied = process.sender.record(None, task_id, requeued, keep=retries is not None)
    if applied is None:
        # There is no record: only one part of a replacement keeps the task's id. (Or the store does
        # not reply, and is not tried again.)
        return False
    if (member := applied.task.member) is not None and member.planned:
        return False  # not requeued: a step that follows a replaced task
    publish.attempt = applied.task.attempt
    return True


def not_called(publish: Publish, error: BaseException, name: str, given: dict[str, Any]) -> None:
    """Records Failed for a task after its publish raised, mostly because the broker did not reply,
    before Celery had built the message. Ends the records of the tasks that the message names."""
    identity, headers = None, publish.headers or {"id": given.get("task_id"), "task": name}
    if publish.created is None and publish.marking is not None:
        message = {**given, HEADER: (given.get("headers") or {}).get(HEADER)}
        task = publish.tracker.app._tasks.get(name)
        about = given.get("args"), given.get("kwargs"), message
        identity = identity_of(task, name, publish.marking, *about)
    publish.headers = headers
    not_sent(publish, error, identity)


def _handed_on(publish: Publish) -> bool:
    """Whether a job publishes another task with the headers of its own message: that progress
    header is not about the other task."""
    given, publisher = publish.headers.get(HEADER), publish.tracker.app.current_worker_task
    if given is None or publisher is None:
        return False
    request = publisher.request
    same: bool = getattr(request, HEADER, None) == given
    return same and request.id != publish.headers.get("id")
