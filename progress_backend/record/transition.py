"""What each event does to a task: one table, pure.

Rule 1: `TABLE[row][event type]` is the move; without an entry the event is refused. Rule 2: an
event of an older run is refused whatever the table has, except its success if the newer run was
lost, failed or raised Ignore; and the record of a lost run takes only events of that run (or its
worker), and a cancel. Rule 3: a record that ended with an error, or with a cancel that no caller is
known to have requested, starts again only if its message was delivered again: the record itself
shows this, since many brokers do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..errors import HeldByWorker, TaskAlreadyFinished, TransitionRefused
from . import events as ev
from .default_texts import Locale, new_texts
from .local_time import beside, in_milliseconds
from .model import LOST, NOT_PUBLISHED, REPORTED, WORKER_LOST, Task, TaskStatus, Worker, replace
from .redelivery import comes_again, is_late
from .steps import ends, members, pauses, publish, queue, starts, task_warnings, values
from .steps.context import NOTHING, SKEW, Context, Step, same
from .steps.control import is_unasked
from .workflow import share_of

#: Rows of a task without a record, and of an error after which the run may write again.
ABSENT: Final = "absent"
SUSPECTED: Final = "error (lost)"
#: As a move's status: the status that the step returns, mostly the task's own.
SAME: Final = "same"


@dataclass(frozen=True, slots=True)
class Move:
    """An entry of the table: the status after it, and the step that makes the next task."""

    to: str
    step: Step
    #: Neither the status nor the time of the last change is set.
    timeless: bool = False


def transition(
    task: Task | None,
    event: ev.Event,
    now: datetime,
    *,
    task_id: str = "",
    locale: Locale = "ja",
    lease_s: float = 0,
    revision: int | None = None,
) -> Task:
    """The task after `event`; the very same object if the event changes nothing.

    `task` is None when there is no record; `task_id` names the record that is made then. `revision`
    is the number of the commit with the event; None keeps the task's. `lease_s` is added to
    the time that a broker takes to deliver a message again.

    Raises:
        TransitionRefused: the table, the fence or an ended status refuses the event.
    """
    row = row_of(task)
    move = TABLE[row].get(type(event))
    if move is None:
        raise _refusal(task, event)
    if task is None:
        if isinstance(event, ev.Failed) and event.identity is None:
            raise _refusal(task, event)
        task = NOTHING
    else:
        task_id = task.task_id
        _refuse_asked_end(task, event)
        _fence(task, event, row)
        if isinstance(event, ev.Created) and _has_begun_since(task, event):
            return task
    now = beside(in_milliseconds(now), task.created_at)
    at = now if event.at is None else min(beside(in_milliseconds(event.at), now), now)
    # A record's times never go back, whatever the clocks: started <= updated <= completed.
    when = at
    for known in (task.created_at, task.started_at, task.updated_at):
        if known is not None and known > when:
            when = known
    after = move.step(task, event, Context(when, locale, task_id, lease_s, at))
    if after is task:
        return task
    return _next(task, event, move, after, when, revision)


def _next(
    task: Task, event: ev.Event, move: Move, after: Task, when: datetime, revision: int | None
) -> Task:
    """The task after a step, with the fields that each change of a record sets."""
    changes = new_texts(task, after)
    changes["revision"] = after.revision if revision is None else revision
    if move.timeless:
        return replace(after, **changes)
    if after.warnings is not None:
        after = task_warnings.without_warnings(after, event)
    status = after.status if move.to == SAME else move.to
    attempt = max(after.attempt, event.attempt or 0)
    after = replace(after, status=status, updated_at=when, attempt=attempt, **changes)
    if (member := after.member) is None:
        return after
    # A request to its workflow while the record had ended applies to its next run too.
    acts = () if task.ended and not after.ended else member.acts
    return replace(after, member=member._replace(share=share_of(after, member.share), acts=acts))


def row_of(task: Task | None) -> str:
    """The table's row for a task."""
    if task is None:
        return ABSENT
    if task.status == TaskStatus.ERROR and task.error_cause in (LOST, WORKER_LOST):
        return SUSPECTED
    return task.status


def _fence(task: Task, event: ev.Event, row: str) -> None:
    another = event.owner is not None and task.worker and not _owns(event, task.worker)
    older = event.attempt is not None and event.attempt < task.attempt
    # A run without a recorded start may be the newest, unless a worker holds a recorded one.
    older = older and (event.attempt != ev.UNRECORDED or task.worker is not None)
    # Two runs of one message: Celery keeps the SUCCESS of one, whatever the other's end is.
    stands = isinstance(event, ev.Completed) and (row == SUSPECTED or ended_by_its_run(task))
    stands = stands or _did_not_leave(task, event)
    if another or (older and not stands) or _is_of_an_ended_run(task, event):
        raise _refusal(task, event)
    match event:
        case ev.Started():
            refused = _begins_nothing(task, event, row)
        case ev.Completed() if row in (TaskStatus.ERROR, TaskStatus.CANCELLED):
            # A main process reads the SUCCESS of a run that died before it was recorded. A run that
            # is not the one whose message was discarded may go on.
            own = event.attempt is not None and row == TaskStatus.CANCELLED
            refused = not (older or (stands and (own or event.owner is not None)))
        case ev.WorkflowRequested():
            refused = False
        case ev.NeverPublished():
            # A revoke that a worker has forgotten: the steps before this one ran, and failed.
            gone_on = members.was_unreached(task) and not event.cancelled
            refused = not (task.planned or gone_on)
        case ev.Requeued() if task.unpublished:
            refused = not task.replaced  # Created records its first publish
        case ev.Warned():
            refused = task.revision != event.revision
        case ev.Lost() | ev.Expired():
            holder = None if task.worker is None else task.worker.lease
            judged = event.lease if isinstance(event, ev.Lost) else None
            refused = task.revision != event.revision or holder != judged
        case ev.RunRegained():
            refused = task.error_cause != LOST or task.worker is None
        case _:
            refused = _is_past(task, event, row)
            refused = refused or (row == SUSPECTED and _is_not_of_the_lost_run(task, event))
    if refused:
        raise _refusal(task, event)


def _has_begun_since(task: Task, publish: ev.Created) -> bool:
    """Whether a publish is recorded late, after its run: then it changes nothing. An end before the
    publish is not of its run, and an unpublished task's end neither."""
    if publish.at is None or task.unpublished or task.error_cause == NOT_PUBLISHED:
        return False
    if not task.ended or task.completed_at is None:
        return task.started_at is not None
    return publish.at < task.completed_at + SKEW


def _did_not_leave(task: Task, event: ev.Event) -> bool:
    """Whether an event is the failure of the publish after which the record waits for a run; the
    publisher may not have received its attempt."""
    waits = task.status == TaskStatus.CREATED and task.started_at is None
    if not (waits and isinstance(event, ev.Failed) and event.cause == NOT_PUBLISHED):
        return False
    return event.at is None or task.created_at is None or event.at > task.created_at - SKEW


def _begins_nothing(task: Task, start: ev.Started, row: str) -> bool:
    """Whether a start is refused: it is an older run's, or the task has ended for good."""
    if members.was_unreached(task):
        return False
    if row == TaskStatus.ERROR:
        return not (task.error_cause == NOT_PUBLISHED or comes_again(task, start))
    if row == TaskStatus.CANCELLED:
        # A worker that has forgotten a revoke runs the task after another one has discarded it; a
        # start from before that end is the run which the revoke has ended.
        begun = task.attempt > 0 or start.redelivered or _is_after_its_end(task, start)
        return not (begun and is_unasked(task) and comes_again(task, start))
    return not task.ended and is_late(task, start)


def _is_after_its_end(task: Task, start: ev.Started) -> bool:
    return start.at is None or task.completed_at is None or start.at > task.completed_at


def ended_by_its_run(task: Task) -> bool:
    """Whether a run, not a caller, ended the record, and with no success."""
    if task.status == TaskStatus.CANCELLED:
        return is_unasked(task)
    failed = task.status == TaskStatus.ERROR and task.error_cause not in (REPORTED, NOT_PUBLISHED)
    return failed and task.started_at is not None


def _is_not_of_the_lost_run(task: Task, event: ev.Event) -> bool:
    """Whether an event is not from the run that was lost. A main process's event does not count
    after the failure of its own child (WorkerLostError); one of the run does, if it is alive. A
    cancel counts, since the message may be delivered again."""
    if isinstance(event, (ev.Created, ev.Planned, ev.Requeued, ev.Cancelled, ev.Repeated)):
        return False
    return event.attempt is None and (event.owner is None or task.error_cause != LOST)


def _is_past(task: Task, event: ev.Event, row: str) -> bool:
    """Whether an event is too late: the failure of a run that was retried since, a cancel of an
    error without another delivery (a lost run itself may go on), or a Requeued of a run that has
    failed."""
    if isinstance(event, ev.Failed):
        return event.retries is not None and event.retries < task.retries
    if isinstance(event, ev.Cancelled):
        return task.error_cause not in (None, LOST) and task.again_until is None
    return row == TaskStatus.ERROR and isinstance(event, ev.Requeued) and event.again_s is not None


def _refuse_asked_end(task: Task, event: ev.Event) -> None:
    """Refuses a caller's end while a live worker runs the task, and a start after an end by force.

    Raises:
        HeldByWorker: a live worker runs the task, and the end is not forced.
        TransitionRefused: the record was ended by force, so that its message begins no run.
    """
    if isinstance(event, (ev.Started, ev.Requeued)) and task.forced:
        raise _refusal(task, event)
    asked = event.asked if isinstance(event, (ev.Completed, ev.Failed)) else None
    if asked is None or asked.force or task.ended or task.worker is None:
        return
    if asked.gone != task.worker.lease:
        raise HeldByWorker(task.task_id, task.status, task.worker.lease, task.worker.name)


def _owns(event: ev.Event, worker: Worker) -> bool:
    """Whether the event is from the main process of the run's worker, and about this run."""
    another = None not in (event.run, worker.run) and event.run != worker.run
    return event.owner == worker.lease and not another


def _is_of_an_ended_run(task: Task, event: ev.Event) -> bool:
    """Whether the event is from a run of an ended record, and the id was published again since.
    Before the new publish's run starts, only its failed publish has an event of that attempt."""
    if event.attempt is None or event.attempt != task.attempt or task.started_at is not None:
        return False
    failed_to_leave = isinstance(event, ev.Failed) and event.cause == NOT_PUBLISHED
    return task.attempt > 0 and not failed_to_leave


def _refusal(task: Task | None, event: ev.Event) -> TransitionRefused:
    what = type(event).__name__
    if task is None:
        return TransitionRefused(f"{what} is refused: there is no record", ABSENT)
    if task.ended:
        return TaskAlreadyFinished(
            f"task {task.task_id} has already ended ({task.status})", task.status
        )
    message = f"{what} is refused: task {task.task_id} is {task.status}"
    return TransitionRefused(message, task.status)


_SAME = Move(SAME, same)
_ADOPT = Move(SAME, publish.adopted)
_FRESH = Move(TaskStatus.CREATED, publish.created)
_AGAIN = Move(SAME, members.created_again)
_PLAN = Move(TaskStatus.CREATED, members.planned)
_PLAN_AGAIN = Move(SAME, members.planned)
_PLANNED_BEFORE = Move(SAME, members.planned_before)
_UNREACHED = Move(SAME, members.unreached)
_DIRECT = Move(SAME, members.directed)
_DIRECT_AFTER = Move(SAME, members.directed, timeless=True)
_START = Move(TaskStatus.RUNNING, starts.started)
_GO_ON = Move(TaskStatus.RUNNING, values.progressed)
_UNOWNED = Move(TaskStatus.RUNNING, queue.requeued)
_QUEUED = Move(TaskStatus.CREATED, queue.requeued)
_PAUSE = Move(TaskStatus.PAUSED, pauses.paused)
_ACKNOWLEDGE = Move(SAME, pauses.acknowledged)
_ACKNOWLEDGE_AFTER = Move(SAME, pauses.acknowledged, timeless=True)
_WARNING = Move(SAME, task_warnings.warned, timeless=True)
_REPEAT = Move(SAME, publish.repeated, timeless=True)
_LOSE = Move(TaskStatus.ERROR, ends.lost)
_EXPIRE = Move(TaskStatus.CANCELLED, ends.expired)
_CANCEL = Move(TaskStatus.CANCELLED, ends.cancelled)
_COMPLETE = Move(TaskStatus.COMPLETED, ends.completed)
_Row = Mapping[type[ev.Event], Move]
_ENDS: Final[_Row] = {
    ev.Completed: _COMPLETE,
    ev.Failed: Move(TaskStatus.ERROR, ends.failed),
    ev.Cancelled: _CANCEL,
    ev.Ignored: Move(TaskStatus.CANCELLED, ends.ignored),
}

#: The moves of all tasks that have not ended, and of all that have.
_OPEN: Final[_Row] = {ev.WorkflowRequested: _DIRECT, ev.Expired: _EXPIRE, **_ENDS}
_OVER: Final[_Row] = {
    ev.WorkflowRequested: _DIRECT_AFTER,
    ev.Created: _AGAIN,
    ev.Planned: _PLAN_AGAIN,
    ev.Acknowledged: _ACKNOWLEDGE_AFTER,
    ev.Repeated: _REPEAT,
}

TABLE: Final[Mapping[str, _Row]] = {
    ABSENT: {
        ev.Created: _FRESH,
        ev.Planned: _PLAN,
        ev.Started: _START,
        ev.Failed: Move(TaskStatus.ERROR, ends.not_published),
    },
    TaskStatus.CREATED: {
        **_OPEN,
        ev.Created: _ADOPT,
        ev.Planned: _PLANNED_BEFORE,
        ev.Started: _START,
        ev.Progressed: _GO_ON,
        ev.Paused: _PAUSE,
        ev.Resumed: _SAME,
        ev.Retried: Move(TaskStatus.CREATED, queue.retried),
        ev.Requeued: _QUEUED,
        ev.NeverPublished: _UNREACHED,
        ev.Warned: _WARNING,
    },
    TaskStatus.RUNNING: {
        **_OPEN,
        ev.Created: _SAME,
        ev.Planned: _PLANNED_BEFORE,
        ev.Started: _START,
        ev.Progressed: _GO_ON,
        ev.Paused: _PAUSE,
        ev.Resumed: _SAME,
        ev.Retried: Move(TaskStatus.RUNNING, queue.retried),
        ev.Requeued: _UNOWNED,
        ev.NeverPublished: _UNREACHED,
        ev.Lost: _LOSE,
        ev.Warned: _WARNING,
    },
    TaskStatus.PAUSED: {
        **_OPEN,
        ev.Created: Move(SAME, members.published_in_a_pause),
        ev.Planned: _PLANNED_BEFORE,
        ev.NeverPublished: _UNREACHED,
        ev.Started: Move(TaskStatus.PAUSED, starts.started),
        ev.Progressed: Move(TaskStatus.PAUSED, values.moved_in_pause),
        ev.Paused: _SAME,
        ev.Acknowledged: _ACKNOWLEDGE,
        ev.Resumed: Move(SAME, pauses.resumed),
        ev.Retried: Move(TaskStatus.PAUSED, queue.retried),
        ev.Requeued: Move(TaskStatus.PAUSED, queue.requeued),
        ev.Lost: _LOSE,
    },
    SUSPECTED: {
        ev.Repeated: _REPEAT,
        ev.WorkflowRequested: _DIRECT_AFTER,
        ev.Created: _FRESH,
        ev.Planned: _PLAN_AGAIN,
        ev.Started: _START,
        ev.Progressed: Move(TaskStatus.RUNNING, values.taken_back),
        ev.RunRegained: Move(SAME, values.goes_on),
        ev.Retried: Move(TaskStatus.RUNNING, queue.retried),
        ev.Requeued: _UNOWNED,
        **_ENDS,
    },
    TaskStatus.ERROR: {
        **_OVER,
        ev.Started: _START,
        ev.Requeued: _QUEUED,
        ev.Completed: _COMPLETE,
        ev.Cancelled: _CANCEL,
    },
    TaskStatus.COMPLETED: _OVER,
    TaskStatus.CANCELLED: {
        **_OVER,
        ev.Started: _START,
        ev.NeverPublished: _UNREACHED,
        ev.Completed: _COMPLETE,
    },
}
