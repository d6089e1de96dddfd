"""Steps of a run's values, and of the work that they count."""

from __future__ import annotations

from datetime import datetime

from .. import events as ev
from ..default_texts import given, progress_text
from ..links import merged
from ..model import Task, TaskStatus, replace
from ..work import Work, marked
from ..work import counted as work_counted
from .context import Context, reopened
from .starts import wait_ms


def moved(task: Task, event: ev.Progressed, context: Context) -> Task:
    """Writes the run's new values; the table has the status. A caller's count changes nothing while
    a worker's run counts by itself."""
    by_run = task.work is not None and task.work.by_run
    if by_run and event.attempt is None and task.worker is not None and event.current is not None:
        event = event.replace(current=None)
    by_run = by_run or (event.attempt is not None and bool(event.current))
    current = task.current_items if event.current is None else event.current
    work, rate = task.work, task.rate
    if work is not None or event.current is not None:
        if work is not None and not work.items and event.total not in (None, task.total_items):
            task = replace(task, work=None)  # what was before the total was preparation
        work, rate = counted(task, current, context)
        work = marked(work, rate, current, event.total or task.total_items)
        if work.by_run != by_run:
            work = work._replace(by_run=by_run)
    return replace(
        task,
        current_items=current,
        total_items=event.total or task.total_items,
        message=task.message if event.message is None else event.message,
        error_message=given(event.error_message) or task.error_message,
        processing_details=(
            {**task.processing_details, **event.details}
            if event.details
            else task.processing_details
        ),
        results={**task.results, **event.results} if event.results else task.results,
        checkpoint=task.checkpoint if event.checkpoint is None else event.checkpoint,
        links=merged(task.links, event.links) if event.links else task.links,
        rate=rate,
        work=work,
    )


def moved_in_pause(task: Task, event: ev.Progressed, context: Context) -> Task:
    """Writes the values that the run has set before it waits. The message that came with the
    request stays."""
    if event.attempt is not None and (task.control or {}).get("message") is not None:
        event = event.replace(message=None)
    return moved(task, event, context)


def of_older_run(task: Task, event: ev.Progressed, context: Context) -> Task:
    """Writes the values of an older run, which come with its success, in place of the newer
    run's."""
    task = replace(
        task, current_items=0, results={}, processing_details={}, links=(), rate=None, work=None
    )
    return moved(task, event, context)


def progressed(task: Task, event: ev.Progressed, context: Context) -> Task:
    if task.started_at is None and task.root_id and event.attempt is None and event.is_empty:
        return task  # resuming a task in the queue does not start it
    waited_ms = wait_ms(task, context)
    task = moved(task, event, context)
    if task.started_at is not None:
        return task
    return replace(task, started_at=context.now, waited_ms=waited_ms)


def taken_back(task: Task, event: ev.Progressed, context: Context) -> Task:
    control = None if _was_paused(task) else task.control  # the run continues by itself
    return progressed(replace(reopened(task), control=control), event, context)


def goes_on(task: Task, event: ev.RunRegained, context: Context) -> Task:
    """The run itself has written nothing: the message from before the loss is gone."""
    done, total = task.current_items, task.total_items
    message = progress_text(context.locale, done, total) if done else ""
    status = TaskStatus.PAUSED if _was_paused(task) else TaskStatus.RUNNING
    return replace(reopened(task), message=message, status=status)


def _was_paused(task: Task) -> bool:
    """Whether a record was paused when it was lost."""
    return task.control is not None and task.control.get("action") == "pause"


def counted(task: Task, current: int, context: Context) -> tuple[Work, float | None]:
    """The task's work and rate with the items that a value has counted."""
    items = current - task.current_items
    return work_counted(
        task.work, task.rate, items, since_start_s(task, context.now), working=works(task)
    )


def since_start_s(task: Task, time: datetime) -> float:
    """Seconds from the start of the task's attempt to a time; 0 before it began."""
    began = task.attempt_started_at or task.started_at
    return 0.0 if began is None else max((time - began).total_seconds(), 0.0)


def works(task: Task) -> bool:
    """Whether the task's run has worked since its last value: a run pauses only at its next value
    after the request, and a run that was recorded as lost has worked if it writes."""
    status = task.status
    if status in (TaskStatus.RUNNING, TaskStatus.ERROR):
        return True
    return status == TaskStatus.PAUSED and task.requested == "pause"
