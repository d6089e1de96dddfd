"""What each event writes into a task; the table in `transition` has the status.

Pure functions `(task, event, scene) -> Task`; `transition` adds status, updated_at and attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from . import events as ev
from . import redelivery
from .default_texts import Locale, retry_begun, retry_text, text
from .local_time import moment
from .model import (
    LOST,
    NEVER_PUBLISHED,
    NOT_PUBLISHED,
    UPSTREAM,
    Delivery,
    Member,
    Remarks,
    Task,
    TaskStatus,
    Worker,
    rendered,
    replace,
)
from .work import Work, average, counted, marked
from .work import resumed as work_resumed

#: Clocks that differ by less count as equal: one of them is measured over the network.
_LEAST_SKEW_S: Final = 1.0
_MILLISECOND: Final = timedelta(milliseconds=1)


class Scene(NamedTuple):
    """What a step uses besides the task and the event."""

    now: datetime
    locale: Locale
    task_id: str
    lease_s: float
    #: The event's time by the store's clock, which may be before `now`: a record's times never go
    #: back.
    at: datetime


#: The empty task that a first record is copied from; copying costs a fifth of making a Task.
NOTHING = Task(task_id="", task_type="")

Step = Callable[[Task, Any, Scene], Task]


def same(task: Task, event: ev.Event, scene: Scene) -> Task:
    return task


def created(task: Task, event: ev.Created, scene: Scene) -> Task:
    """A first record, or a new publish of an ended task: attempt and revision are counted on."""
    identity = event.identity
    times = _instant(event.eta, scene), _instant(event.expires, scene)
    return replace(
        NOTHING,
        task_id=scene.task_id,
        task_type=_name(identity.task_type),
        total_items=identity.total_items or None,  # 0 is unknown, here and below
        symbol=None if identity.symbol is None else _name(identity.symbol),
        metadata=dict(identity.metadata),
        parent_id=identity.parent_id,
        root_id=identity.root_id,
        group_id=identity.group_id,
        member=_joined(task.member, identity.member),
        keeps_results=identity.keeps_results,
        expect_s=identity.expect_s,
        stall_s=identity.stall_s,
        owner=identity.owner,
        traceparent=identity.traceparent,
        created_at=scene.now,
        attempt=task.attempt,
        revision=task.revision,
        checkpoint=task.checkpoint,
        delivery=None if times == (None, None) else Delivery(*times),
        results={},
        processing_details={},
    )


def _joined(known: Member | None, given: Member | None) -> Member | None:
    """A task's place in workflows after its message has left. What is done of it is counted on in a
    workflow that it was in before."""
    if given is None or known is None:
        return given if known is None else known._replace(planned=False)
    counted = set(known.workflows) & set(given.workflows)
    acts = tuple(known.act_for(workflow_id) for workflow_id in given.workflows)
    return given._replace(share=known.share if counted else 0, acts=acts if any(acts) else ())


def planned(task: Task, event: ev.Planned, scene: Scene) -> Task:
    """A first record of a task whose message leaves later; a record that had ended before begins
    anew, since its canvas was sent again."""
    late = task.completed_at is None or task.completed_at >= scene.at
    if task.ended and (late or not event.anew):
        return task  # it ended in this life of the canvas
    after = created(task, ev.Created(identity=event.identity), scene)
    if after.member is None:
        return after
    return replace(after, member=after.member._replace(planned=True))


def unreached(task: Task, event: ev.Unreached, scene: Scene) -> Task:
    if event.cancelled:
        end = ev.Cancelled(message=event.error_message, by="celery", reason=event.cause)
        return replace(cancelled(task, end, scene), status=TaskStatus.CANCELLED)
    failure = ev.Failed(error_message=event.error_message, cause=event.cause)
    return replace(failed(task, failure, scene), status=TaskStatus.ERROR)


def directed(task: Task, event: ev.Directed, scene: Scene) -> Task:
    """Does for one member what was asked of its whole workflow; a record that has ended only notes
    that."""
    act, member = event.act, task.member
    if member is None or event.workflow_id not in member.workflows:
        return task
    if member.act_for(event.workflow_id) == act.id:
        return task
    task = replace(task, member=member.having(event.workflow_id, act.id))
    if task.ended:
        return task
    if act.action == "cancel":
        end = ev.Cancelled(by=act.by, reason=act.reason)
        return replace(cancelled(task, end, scene), status=TaskStatus.CANCELLED)
    if act.action == "pause" and task.status != TaskStatus.PAUSED:
        pause = ev.Paused(by=act.by, reason=act.reason)
        return replace(paused(task, pause, scene), status=TaskStatus.PAUSED)
    if act.action == "resume" and task.status == TaskStatus.PAUSED:
        return resumed(task, ev.Resumed(), scene)
    return task


def was_unreached(task: Task) -> bool:
    """Whether a record ended because its task's message was not going to leave: it is taken back if
    the message leaves after all."""
    if task.member is None or not task.member.planned:
        return False
    control = task.control or {}
    by_celery = control.get("by") == "celery" and control.get("reason") in UNREACHED
    return by_celery or task.error_cause in (*UNREACHED, NOT_PUBLISHED)


#: The causes of the end of a task whose message was not going to leave.
UNREACHED: Final = (UPSTREAM, NEVER_PUBLISHED)


def created_again(task: Task, event: ev.Created, scene: Scene) -> Task:
    """A task is published whose record has ended: it begins anew, unless a caller ended it before
    its message left, which is then to begin no run."""
    if task.member is not None and task.member.planned and not was_unreached(task):
        return replace(task, member=task.member._replace(planned=False))
    return created(task, event, scene)


def published_in_a_pause(task: Task, event: ev.Created, scene: Scene) -> Task:
    """A paused task's message leaves, which was planned before."""
    if not task.planned:
        return task
    return replace(task, member=_joined(task.member, event.identity.member))


def adopted(task: Task, event: ev.Created, scene: Scene) -> Task:
    """The task is published, and has a record already: one that was planned, or made by HTTP, for
    example."""
    identity = event.identity
    if task.planned:
        task = replace(
            task,
            task_type=_name(identity.task_type),
            total_items=identity.total_items or task.total_items,
            symbol=task.symbol if identity.symbol is None else _name(identity.symbol),
            metadata=dict(identity.metadata) or task.metadata,
            parent_id=identity.parent_id,
            root_id=identity.root_id,
            group_id=identity.group_id,
            keeps_results=identity.keeps_results,
            expect_s=identity.expect_s,
            stall_s=identity.stall_s,
            owner=identity.owner or task.owner,
            traceparent=identity.traceparent or task.traceparent,
        )
    elif identity.owner is not None and task.owner is None:
        task = replace(task, owner=identity.owner)
    if identity.member is not None and (task.member is None or task.member.planned):
        task = replace(task, member=_joined(task.member, identity.member))
    if task.root_id is None and identity.root_id is not None:
        # By that it is known to wait for a worker: a record that nobody publishes is kept for less.
        task = replace(task, root_id=identity.root_id)
    times = _instant(event.eta, scene), _instant(event.expires, scene)
    known = task.delivery
    if times == ((None, None) if known is None else (known.eta, known.expires)):
        return task
    eta, expires = times
    known = Delivery() if known is None else known._replace(again_s=None, again_until=None)
    return replace(task, delivery=known._replace(eta=eta, expires=expires))


def _instant(time: datetime | None, scene: Scene) -> datetime | None:
    """A time in milliseconds and in the record's zone, as it is recorded."""
    if time is None:
        return None
    time = time.astimezone(scene.now.tzinfo)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _waited_ms(task: Task, scene: Scene) -> int | None:
    """Milliseconds for which a task's message has waited, as the task begins: since its creation,
    that of a workflow's step since its last change, which is that its message left."""
    if task.started_at is not None or task.created_at is None:
        return task.waited_ms
    since = (task.member and task.updated_at) or task.created_at
    if task.delivery is not None and task.delivery.eta is not None:
        since = max(since, task.delivery.eta)
    return max((scene.now - since) // _MILLISECOND, 0)


def started(task: Task, event: ev.Started, scene: Scene) -> Task:
    waited_ms = _waited_ms(task, scene)
    if task.created_at is None:
        task = created(task, ev.Created(identity=event.identity), scene)
    if _taken_before(task, event, scene):
        return task
    identity, ahead_s = event.identity, _ahead_s(event, scene.at)
    return replace(
        _reopened(task),
        message=retry_begun(scene.locale, task.message) if event.retries else task.message,
        # The publishing process may not have the task's code, nor its marking's functions.
        symbol=task.symbol or (None if identity.symbol is None else _name(identity.symbol)),
        total_items=task.total_items or identity.total_items or None,
        metadata=task.metadata or dict(identity.metadata),
        attempt=task.attempt + 1,
        attempt_started_at=scene.now,
        worker=_clocked(event.worker, ahead_s),
        clock_behind_s=_behind_s(task, ahead_s),
        delivery=_delivered(task.delivery, event.again_s),
        retries=event.retries,
        started_at=task.started_at or scene.now,
        waited_ms=waited_ms,
        parent_id=task.parent_id or identity.parent_id,
        root_id=task.root_id or identity.root_id,
        group_id=task.group_id or identity.group_id,
        member=_joined(task.member, identity.member),
        keeps_results=identity.keeps_results,
        expect_s=identity.expect_s or task.expect_s,
        stall_s=identity.stall_s or task.stall_s,
        owner=task.owner or identity.owner,
        traceparent=identity.traceparent or task.traceparent,
        current_items=0,
        results={},
        processing_details={},
        rate=None,
        work=None,
        usual=None,
        control=None if task.ended else task.control,
    )


def _delivered(known: Delivery | None, again_s: float | None) -> Delivery | None:
    """The delivery of a message that a worker has begun to run."""
    if known is None:
        return None if again_s is None else Delivery(again_s=again_s)
    return known._replace(eta=None, again_s=again_s, again_until=None)


def _ahead_s(event: ev.Started, at: datetime) -> float | None:
    """Seconds by which the starting worker's clock is ahead of the store's; None without its
    time."""
    if event.own_clock_s is None:
        return None
    ahead_s = event.own_clock_s - at.timestamp()
    return 0.0 if abs(ahead_s) < _LEAST_SKEW_S else round(ahead_s, 3)


def _clocked(worker: Worker | None, ahead_s: float | None) -> Worker | None:
    return worker._replace(clock_ahead_s=ahead_s) if worker is not None and ahead_s else worker


def _behind_s(task: Task, ahead_s: float | None) -> float | None:
    """Seconds by which the slowest clock is behind the store's, this run's worker included."""
    if ahead_s is None:
        return task.clock_behind_s
    return max(task.clock_behind_s or 0.0, -ahead_s, 0.0)


def _taken_before(task: Task, event: ev.Started, scene: Scene) -> bool:
    """Whether this start is recorded already: Redis may have taken it before its reply was lost."""
    if event.at is None or event.worker is None or not event.worker.holds_as(task.worker):
        return False
    return task.updated_at == scene.now <= event.at


def _reopened(task: Task) -> Task:
    delivery = _again_until(task.delivery, None)
    same = delivery is task.delivery and task.completed_at is None
    if same and task.error_message is None and task.error_cause is None:
        return task
    return replace(task, completed_at=None, error_message=None, error_cause=None, delivery=delivery)


def _again_until(known: Delivery | None, until: datetime | None) -> Delivery | None:
    """The delivery with the time until which the message may come again."""
    if known is None:
        return None if until is None else Delivery(again_until=until)
    return known if known.again_until == until else known._replace(again_until=until)


def moved(task: Task, event: ev.Progressed, scene: Scene) -> Task:
    """Writes the run's new values; the table has the status."""
    current = task.current_items if event.current is None else event.current
    work, rate = task.work, task.rate
    if work is not None or event.current is not None:
        if work is not None and not work.items and event.total not in (None, task.total_items):
            task = replace(task, work=None)  # what was before the total was preparation
        work, rate = _counted(task, current, scene)
        work = marked(work, rate, current, event.total or task.total_items)
    return replace(
        task,
        current_items=current,
        total_items=event.total or task.total_items,
        message=task.message if event.message is None else event.message,
        error_message=task.error_message if event.error_message is None else event.error_message,
        processing_details={**task.processing_details, **event.details},
        results={**task.results, **event.results},
        checkpoint=task.checkpoint if event.checkpoint is None else event.checkpoint,
        rate=rate,
        work=work,
    )


def _counted(task: Task, current: int, scene: Scene) -> tuple[Work, float | None]:
    """The task's work and rate with the items that a value has counted."""
    items = current - task.current_items
    return counted(
        task.work, task.rate, items, _since_start_s(task, scene.now), working=_works(task)
    )


def _since_start_s(task: Task, time: datetime) -> float:
    """Seconds from the start of the task's attempt to a time; 0 before it began."""
    began = task.attempt_started_at or task.started_at
    return 0.0 if began is None else max((time - began).total_seconds(), 0.0)


def _works(task: Task) -> bool:
    """Whether the task's run has worked since its last value: a run that was asked to pause does so
    at its next value, and one that was taken for lost has worked if it writes."""
    status = task.status
    if status in (TaskStatus.RUNNING, TaskStatus.ERROR):
        return True
    return status == TaskStatus.PAUSED and task.asked == "pause"


def progressed(task: Task, event: ev.Progressed, scene: Scene) -> Task:
    if task.started_at is None and task.root_id and event.attempt is None and event.is_empty:
        return task  # to resume a task that waits in a queue does not begin it
    waited_ms = _waited_ms(task, scene)
    task = moved(task, event, scene)
    if task.started_at is not None:
        return task
    return replace(task, started_at=scene.now, waited_ms=waited_ms)


def taken_back(task: Task, event: ev.Progressed, scene: Scene) -> Task:
    return progressed(_reopened(task), event, scene)


def paused(task: Task, event: ev.Paused, scene: Scene) -> Task:
    message = task.message if event.message is None else event.message
    return replace(task, message=message, control=_control("pause", event, scene, _runs(task)))


def heeded(task: Task, event: ev.Heeded, scene: Scene) -> Task:
    return task if task.asked is None else replace(task, control=_done(task, scene))


def _done(task: Task, scene: Scene) -> dict[str, Any] | None:
    """The task's control as carried out: the run waits, or there is no run any more."""
    if task.control is None or task.asked is None:
        return task.control
    return {**task.control, "heeded_at": rendered(scene.now)}


def _runs(task: Task) -> bool:
    """Whether a worker runs the task, which has to receive a request first."""
    return task.worker is not None and not task.ended


def resumed(task: Task, event: ev.Resumed, scene: Scene) -> Task:
    message = task.message if event.message is None else event.message
    # A job that waits in the queue does not run only because it may.
    status = TaskStatus.CREATED if task.started_at is None else TaskStatus.RUNNING
    return replace(task, message=message, status=status, control=None, work=_resumed(task, scene))


def _resumed(task: Task, scene: Scene) -> Work | None:
    """The task's work after its pause, which began when the run heeded the request."""
    if _works(task):
        return task.work
    at = _since_start_s(task, scene.now)
    try:
        paused_at = moment((task.control or {})["heeded_at"])
    except (KeyError, TypeError, ValueError):  # a control of another program or version
        return work_resumed(task.work, 0.0, at)
    return work_resumed(task.work, _since_start_s(task, paused_at), at)


def remarked(task: Task, event: ev.Remarked, scene: Scene) -> Task:
    known = task.remarks or Remarks()
    told = Remarks(*(before or new for before, new in zip(known, event.remarks, strict=True)))
    return task if told == known else replace(task, remarks=told)


def without_remarks(task: Task, event: ev.Event) -> Task:
    """The task after an event, whose remarks no longer hold. A run that has a new value has not
    stalled, but it may be late all the same."""
    if task.remarks is None or isinstance(event, ev.Remarked):
        return task
    late = task.remarks.late
    if late is None or task.status != TaskStatus.RUNNING or not isinstance(event, ev.Progressed):
        return replace(task, remarks=None)
    return task if task.remarks == (None, late, None) else replace(task, remarks=Remarks(late=late))


def retried(task: Task, event: ev.Retried, scene: Scene) -> Task:
    message = task.message
    if event.message is not None:
        limit = None if event.limit is None else event.limit + 1  # the first run is no retry
        message = retry_text(
            scene.locale, event.retries + 1, limit, event.eta, scene.now, event.message
        )
    return replace(
        _reopened(task),
        message=message,
        retries=event.retries,
        worker=None,
        delivery=_queued(task.delivery, event.eta, scene),
        control=_done(task, scene),
        rate=None,
        work=None,
        usual=None,
    )


def requeued(task: Task, event: ev.Requeued, scene: Scene) -> Task:
    held = task.worker is not None and not task.ended
    if held and event.retries is not None and event.retries <= task.retries:
        return task  # the event is late: the run that was published has begun
    if event.again_s is not None:
        return task if task.worker is None else _let_go(task, event.again_s, scene)
    delivery = _queued(task.delivery, event.eta, scene)
    return _unheld(task, delivery, scene)


def _let_go(task: Task, again_s: float, scene: Scene) -> Task:
    """The task has no worker until its message is delivered again."""
    until = scene.at + timedelta(seconds=redelivery.seconds(again_s, scene.lease_s))
    return _unheld(task, _again_until(task.delivery, until), scene)


def _unheld(task: Task, delivery: Delivery | None, scene: Scene) -> Task:
    control = _done(task, scene)
    return replace(
        _reopened(task),
        worker=None,
        delivery=delivery,
        control=control,
        rate=None,
        work=None,
        usual=None,
    )


def _queued(known: Delivery | None, eta: datetime | None, scene: Scene) -> Delivery | None:
    """The delivery of a message that waits in the queue for the next run. Its `eta` is always set,
    by which a waiting task differs from a running one."""
    eta = _instant(eta, scene)
    if known is None:
        return None if eta is None else Delivery(eta=eta)
    return known._replace(eta=eta or scene.now, again_s=None, again_until=None)


def completed(task: Task, event: ev.Completed, scene: Scene) -> Task:
    given = event.current
    total = task.total_items or (task.current_items if given is None else given)
    current = total if given is None else given  # a count that the run gave at its end is kept
    work = _counted(task, current, scene)[0]
    took_s = _since_start_s(task, scene.now)
    return replace(
        _reopened(task),
        current_items=current,
        total_items=total,
        message=_text(event.message, scene, "completed"),
        results={**task.results, **event.results},
        checkpoint=None,
        completed_at=scene.now,
        # The average of the run; of one whose values have counted nothing, since its start.
        rate=work.average or average(current, took_s),
        work=work,
        control=_forced(task, event, scene),
    )


def failed(task: Task, event: ev.Failed, scene: Scene) -> Task:
    until = redelivery.after_failure(task, event.cause, scene.at, scene.lease_s, event.again_s)
    default = redelivery.failure_text(scene.locale, event.cause, scene.at, until)
    return replace(
        task,
        current_items=task.current_items if event.current is None else event.current,
        message=default if event.message is None else event.message,
        error_message=event.error_message,
        error_cause=event.cause,
        delivery=_again_until(task.delivery, until),
        results={**task.results, **event.results},
        completed_at=scene.now,
        control=_forced(task, event, scene),
    )


def not_published(task: Task, event: ev.Failed, scene: Scene) -> Task:
    """A task that could not be published and has no record, since the store was away as well."""
    assert event.identity is not None
    return failed(created(task, ev.Created(identity=event.identity), scene), event, scene)


def cancelled(task: Task, event: ev.Cancelled, scene: Scene) -> Task:
    # Celery and the task itself cancel a run that is over: there is nothing to ask for.
    asks = _runs(task) and event.by not in ("celery", "task")
    return replace(
        _reopened(task),
        message=_text(event.message, scene, "cancelled"),
        completed_at=scene.now,
        control=_control("cancel", event, scene, asks),
    )


def lost(task: Task, event: ev.Lost, scene: Scene) -> Task:
    until = None
    if event.lease is not None:  # else the message is not delivered again any more
        until = redelivery.until(task, scene.at, scene.lease_s)
    cause = "" if event.living else LOST
    message = redelivery.failure_text(scene.locale, cause, scene.at, until)
    failure = ev.Failed(error_message=event.error_message, cause=LOST, message=message)
    after = failed(task, failure, scene)
    return replace(after, delivery=_again_until(task.delivery, until))


def expired(task: Task, event: ev.Expired, scene: Scene) -> Task:
    message = text(scene.locale, "expired")
    return cancelled(task, ev.Cancelled(message=message, by="celery", reason="expired"), scene)


def ignored(task: Task, event: ev.Ignored, scene: Scene) -> Task:
    return cancelled(task, ev.Cancelled(by="celery", reason="Ignore"), scene)


def _name(text: str) -> str:
    """A name in valid UTF-8, without half surrogates, since names are part of Redis keys."""
    return text.encode("utf-8", "replace").decode()


def _text(given: str | None, scene: Scene, key: str) -> str:
    return text(scene.locale, key) if given is None else given


def _forced(task: Task, end: ev.Completed | ev.Failed, scene: Scene) -> dict[str, Any] | None:
    """The control of a record that a caller ended by force; None for another end."""
    if end.asked is None or not end.asked.force:
        return None
    return _control("end", end.asked, scene, _runs(task))


def _control(
    action: str, event: ev.Paused | ev.Cancelled | ev.Asked, scene: Scene, asks: bool
) -> dict[str, Any]:
    """A caller's request as it is recorded. `asks`: a worker has to carry it out first."""
    at = rendered(scene.now)
    return {
        "action": action,
        "by": event.by,
        "reason": event.reason,
        "at": at,
        "heeded_at": None if asks else at,
    }
