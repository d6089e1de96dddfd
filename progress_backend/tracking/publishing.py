"""Creation of a task's record before its message is sent (`before_task_publish`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..flows.stored_record import Applied
from ..record import canvas
from ..record import events as ev
from . import membership, plans
from .decorator import HEADER, Marking
from .group_records import Batch
from .headers import add_created, instant, is_new, not_published, runs
from .identity import header_of, identity_of
from .membership import Joined
from .process import Process
from .send_call import SendCall, current
from .tracker import Tracker


def published(tracker: Tracker, name: str, *, headers: dict[str, Any], body: Any, **_: Any) -> None:
    """Records Created before a message is sent; Requeued for a task with a record that another
    process publishes again.

    For a run's own retry Retried is recorded, for its replacement Requeued, after the message was
    sent: until then the run has the record, so that it is found lost if the process dies.
    """
    call = current.call
    if call is None or call.app is not tracker.app:
        return
    if _handed_on(tracker, headers):
        del headers[HEADER]
    if "id" not in headers:
        return
    call.batch = call.producer if isinstance(call.producer, Batch) else None
    joined = membership.join(tracker, headers, body)
    marking = tracker.marking_for(name, headers)
    if (joined is None and marking is None) or (process := tracker.process) is None:
        return
    if joined is not None and call.batch is not None:
        call.batch.join(tracker, name, joined, headers, tracked=marking is not None)
    if marking is None:
        if joined is not None and call.batch is None:
            call.ahead = joined.ahead
            if not joined.goes_on:
                plans.begin(process, (), plans.Plan(tracker).ahead(joined, headers, False))
        return
    if not _published_again(tracker, process, call, headers):
        _begin(tracker, process, call, name, marking, joined, headers, body)


def _begin(
    tracker: Tracker,
    process: Process,
    call: SendCall,
    name: str,
    marking: Marking,
    joined: Joined | None,
    headers: dict[str, Any],
    body: Any,
) -> None:
    """Begins the record of a task whose message is about to leave, or has the batch begin it."""
    task_id = headers["id"]
    args, kwargs = (body[0], body[1]) if isinstance(body, (list, tuple)) else ((), {})
    task = tracker.app._tasks.get(name)
    identity = identity_of(task, name, marking, args, kwargs, headers)
    call.identity = identity
    headers[HEADER] = header_of(identity)
    if joined is not None:
        membership.begins_as(joined, identity.owner, headers)
    created = ev.Created(
        identity=identity,
        eta=instant(headers.get("eta")),
        expires=instant(headers.get("expires")),
    )
    if call.batch is not None:
        call.batch.begin(tracker, task_id, created, headers)
        return
    if joined is None:
        applied = process.sender.record(None, task_id, created)
    else:
        call.ahead = joined.ahead
        applied = _begun_in_a_workflow(tracker, process, task_id, name, created, joined, headers)
    if applied is None:
        return
    call.runs, call.attempt = runs(applied), applied.task.attempt
    add_created(applied, headers)


def _published_again(
    tracker: Tracker, process: Process, call: SendCall, headers: dict[str, Any]
) -> bool:
    """Whether a message is that of a task with a record: a retry, or what a run is replaced by."""
    if not headers.get("retries") and not headers.get("replaced_task_nesting"):
        return False
    task_id = headers["id"]
    publisher = tracker.app.current_worker_task
    run = process.run_of(publisher.request) if publisher is not None else None
    if run is not None and run.task_id == task_id:
        call.runs, run.eta = True, instant(headers.get("eta"))
        if run.checkpoint is not None:
            process.sender.record_newest(run)
        return True
    retries = headers.get("retries") or None
    requeued = ev.Requeued(retries=retries, eta=instant(headers.get("eta")))
    applied = process.sender.record(None, task_id, requeued, keep=retries is not None)
    if applied is None or _waits_for_message(applied):
        # There is no record: only one part of a replacement keeps the task's id. (Or the store does
        # not answer; then it is not asked again.)
        return False
    call.attempt = applied.task.attempt
    return True


def _waits_for_message(applied: Applied) -> bool:
    """Whether a record's task is planned, not requeued: a step that follows a replaced task."""
    return applied.task.member is not None and applied.task.member.planned


def _begun_in_a_workflow(
    tracker: Tracker,
    process: Process,
    task_id: str,
    name: str,
    created: ev.Created,
    joined: Joined,
    headers: dict[str, Any],
) -> Applied | None:
    """Begins the record of a workflow's member, and those of the tasks that its message names. A
    message that goes on with a canvas names tasks that are planned, unless it is itself one that no
    message has named."""
    plan = plans.Plan(tracker)
    if not joined.goes_on:
        if not joined.ahead.says_nothing:
            title = joined.name or plan.name(joined) or canvas.name_of(name)
            created = replace(created, workflow_name=title, workflow_total=joined.total)
        planned = plan.ahead(joined, headers, True)
        begun: Applied | None = plans.begin(process, [(None, task_id, (created,))], planned)[0]
        return begun
    applied = process.sender.record(None, task_id, created)
    if applied is not None and is_new(applied) and not joined.ahead.says_nothing:
        plans.begin(process, (), plan.ahead(joined, headers, True))
    return applied


def unsent(
    tracker: Tracker,
    call: SendCall,
    name: str,
    marking: Marking | None,
    args: Any,
    options: dict[str, Any],
    error: BaseException,
) -> None:
    """Records the failure of a task whose publish raised, and of those that its message names."""
    if marking is not None and not call.runs:
        identity = _identity_of_unsent(tracker, call, name, marking, args, options)
        not_published(tracker, options["task_id"], error, identity, call.attempt)
    if call.ahead is not None and (process := tracker.process) is not None:
        plans.end_ahead(tracker, process, call.ahead, name, cancelled=False)


def _identity_of_unsent(
    tracker: Tracker,
    call: SendCall,
    name: str,
    marking: Marking,
    args: Any,
    options: dict[str, Any],
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
