"""JSON of a task: the document under `task:{task_id}` and in its channel, which is the body of GET
status and the library's bookkeeping.

`fields` describes it. What is read is checked: all other code relies on it that every field is
there and has its type, and every time its offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from hashlib import sha1
from typing import Any, Final, TypeVar

from msgspec import UNSET

from ..errors import TooLarge
from .document import newer, read_stored, with_newer, written
from .estimate import ending, estimated_range, rate_text, remaining_seconds, seconds_text
from .fields import (
    MAX_DOCUMENT_BYTES,
    VERSION,
    Body,
    Bookkeeping,
    Estimate,
    ItemsDone,
    Membership,
    Stored,
    WarningTimes,
)
from .json_text import document_of, guarded, parsed
from .local_time import optional_moment
from .model import (
    Delivery,
    Member,
    Task,
    TaskStatus,
    Warnings,
    Worker,
    rendered,
    replace,
)
from .packed_event import CLIPPED_TEXT, clip
from .work import Work

T = TypeVar("T")
_NONE: Final[Mapping[str, Any]] = {}
_NO_ITEMS: Final = ItemsDone(0, None, 0)
_UNKEPT: Final = Bookkeeping(v=VERSION)
_UNDELIVERED: Final = Delivery()


def encode(task: Task) -> bytes:
    """A task as the document that is stored.

    Raises:
        TooLarge: the document would be above `MAX_DOCUMENT_BYTES`.
    """
    document = written(stored_of(settled(task)))
    if task.unknown:
        body = with_newer(parsed(document), task.unknown)
        names = list(body)
        ours = names[names.index("created_at") : names.index("_") + 1]
        last = {name: body.pop(name) for name in ours}  # a row is cut up to created_at
        document = document_of({**body, **last})
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge(
            f"the record of task {task.task_id} would take {len(document)} bytes, at most "
            f"{MAX_DOCUMENT_BYTES} are kept; put large values elsewhere and record where"
        )
    return document


def clipped(task: Task) -> Task:
    """The task with a note of their size in place of its large values."""
    return replace(
        task,
        metadata=clip(task.metadata),
        results=clip(task.results),
        processing_details=clip(task.processing_details),
        message=task.message[:CLIPPED_TEXT],
        message_code=None,
        error_code=None,
        error_message=task.error_message and task.error_message[:CLIPPED_TEXT],
    )


def settled(task: Task) -> Task:
    """The task without what only its run needs, where it is completed: no event of the run can
    change it any more, but for one that acknowledges a request."""
    if task.status != TaskStatus.COMPLETED or task.asked is not None:
        return task
    worker, delivery = task.worker, task.delivery
    return replace(
        task,
        worker=worker and Worker("", worker.name),
        delivery=delivery and Delivery(delivery.eta, delivery.expires),
        work=None,
        usual=None,
        expect_s=None,
        stall_s=None,
    )


def digest(document: bytes) -> str:
    """The SHA-1 of a document, in hex, which `commit.lua` compares."""
    return sha1(document, usedforsecurity=False).hexdigest()


def stored_of(task: Task) -> Stored:
    """A task as JSON has it."""
    return _filled(_without_values(task), task)


def with_values(before: Stored, task: Task) -> Stored:
    """A task as JSON has it, of which only the values of its run are others than `before`: a value
    is written so often that the rest is not made again."""
    stored, kept = copy(before), before.bookkeeping
    stored.bookkeeping = kept and copy(kept)
    return _filled(stored, task)


def _filled(stored: Stored, task: Task) -> Stored:
    """Sets the values of a task's run."""
    remaining, details, computed = remaining_seconds(task), task.processing_details, {}
    if task.rate is not None and not task.ended:
        computed = _estimates(task, remaining)
        details = {**computed, **details}
    ends, at, work = ending(task, remaining), task.updated_at, task.work
    estimate = None if task.usual is None else estimated_range(task, remaining)
    stored.progress = ItemsDone(*task.progress)
    stored.current_status, stored.message_code = task.message, task.message_code
    # Each is a new time, which no cache has.
    stored.updated_at = _new_text(at)
    stored.estimated_completion = _new_text(ends)
    stored.processing_time_ms = task.processing_time_ms
    stored.error_message, stored.error_code = task.error_message, task.error_code
    stored.results = guarded(task.results)
    stored.processing_details, stored.estimated_details = guarded(details), list(computed)
    stored.checkpoint = task.checkpoint
    stored.estimate = estimate and Estimate(
        earliest=_new_text(estimate.earliest),
        likely=stored.estimated_completion or "",
        latest=_new_text(estimate.latest),
        runs=estimate.runs,
    )
    stored.rate, stored.revision = task.rate, task.revision
    if (kept := stored.bookkeeping) is not None:
        kept.work = None if work is None else work.numbers
    return stored


def _new_text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="milliseconds")


def _without_values(task: Task) -> Stored:
    worker, delivery, until = task.worker, task.delivery, rendered(task.again_until)
    return Stored(
        task_id=task.task_id,
        task_type=task.task_type,
        symbol=task.symbol,
        status=task.status,  # type: ignore[arg-type]  # one of TaskStatus
        progress=_NO_ITEMS,
        current_status="",
        start_time=rendered(task.started_at),
        updated_at=None,
        end_time=rendered(task.completed_at),
        processing_time_ms=None,
        error_message=None,
        results={},
        processing_details={},
        metadata=guarded(task.metadata),
        created_at=rendered(task.created_at),
        estimated_completion=None,
        waited_ms=task.waited_ms,
        attempt=task.attempt,
        attempt_started_at=rendered(task.attempt_started_at) if task.attempt > 1 else None,
        retries=task.retries,
        worker=None if worker is None else worker.name,
        eta=None if delivery is None else rendered(delivery.eta),
        expires=None if delivery is None else rendered(delivery.expires),
        parent_id=task.parent_id,
        root_id=None if task.root_id == task.task_id else task.root_id,
        group_id=task.group_id,
        workflow=None if task.member is None else _membership(task.member),
        planned=task.unpublished,
        owner=task.owner,
        traceparent=task.traceparent,
        error_cause=task.error_cause,
        control=guarded(task.control) if task.control else task.control,
        warnings=None if task.warnings is None else _warning_times(task.warnings),
        may_come_again_until=until,
        final=task.ended and until is None,
        revision=0,
        bookkeeping=_bookkeeping(task),
    )


def _bookkeeping(task: Task) -> Bookkeeping:
    worker, delivery, member = task.worker, task.delivery, task.member
    began = task.attempt_started_at
    return Bookkeeping(
        v=VERSION,
        lease=worker.lease or None if worker else None,
        eager_in=None if worker is None else worker.task,
        run=None if worker is None else worker.run,
        began=UNSET if began == _begun(task.attempt, began, task.started_at) else rendered(began),
        own_root=task.root_id == task.task_id,
        again_s=None if delivery is None else delivery.again_s,
        lost_runs=0 if delivery is None else delivery.lost_runs,
        delivery=delivery == _UNDELIVERED,
        share=0 if member is None else member.share,
        unseen=member is not None and member.unseen,
        acts=[] if member is None else list(member.acts),
        keeps_results=task.keeps_results,
        usual=None if task.usual is None else list(task.usual),
        expect_s=task.expect_s,
        stall_s=task.stall_s,
    )


def _begun(attempt: int, newest: T, first: T) -> T | None:
    """When the newest run began, as a body says it: of the first run by the task's start."""
    return newest if attempt > 1 else first if attempt else None


def _membership(of: Member) -> Membership:
    outermost, *own = of.workflows
    return Membership(
        id=outermost,
        canvas=own[0] if own else None,
        generation=of.generation,
    )


def _warning_times(of: Warnings) -> WarningTimes:
    return WarningTimes(stalled=rendered(of.stalled), late=rendered(of.late))


def _estimates(task: Task, remaining: float | None) -> dict[str, str]:
    """The processing details for the rate and the remaining time, unless the caller gave his
    own."""
    given, texts = task.processing_details, {}
    rate, left = rate_text(task.rate), seconds_text(remaining)
    if rate is not None and "processing_rate" not in given:
        texts["processing_rate"] = rate
    if left is not None and "estimated_remaining" not in given:
        texts["estimated_remaining"] = left
    return texts


def decode(document: bytes, task_id: str | None = None) -> Task:
    """A stored document, or a body, as a Task; raises as `read`."""
    stored = read_stored(document, task_id)
    kept = stored.bookkeeping
    return task_of(stored, newer(document) if kept is not None and kept.v > VERSION else {})


def task_of(body: Body, unknown: Mapping[str, Any] = _NONE) -> Task:
    """A checked record as a Task, with the fields of it that only a newer version knows. A body is
    without the bookkeeping."""
    kept = (body.bookkeeping if isinstance(body, Stored) else None) or _UNKEPT
    began = kept.began
    if began is UNSET:  # the first run's start is the task's
        began = _begun(body.attempt, body.attempt_started_at, body.start_time)
    details = body.processing_details
    for name in body.estimated_details:
        details.pop(name, None)
    return Task(
        task_id=body.task_id,
        task_type=body.task_type,
        total_items=body.progress.total,
        symbol=body.symbol,
        metadata=body.metadata,
        current_items=body.progress.current,
        status=body.status,
        message=body.current_status,
        error_message=body.error_message,
        created_at=optional_moment(body.created_at),
        started_at=optional_moment(body.start_time),
        updated_at=optional_moment(body.updated_at),
        completed_at=optional_moment(body.end_time),
        results=body.results,
        processing_details=details,
        checkpoint=body.checkpoint,
        attempt=body.attempt,
        attempt_started_at=optional_moment(began),
        retries=body.retries,
        waited_ms=body.waited_ms,
        worker=_worker(body, kept),
        delivery=_delivery(body, kept),
        parent_id=body.parent_id,
        root_id=body.task_id if kept.own_root else body.root_id,
        group_id=body.group_id,
        member=_member(body, kept),
        keeps_results=kept.keeps_results,
        owner=body.owner,
        traceparent=body.traceparent,
        error_cause=body.error_cause,
        rate=body.rate,
        work=None if kept.work is None else Work.of(kept.work),
        usual=None if kept.usual is None else tuple(kept.usual),
        expect_s=kept.expect_s,
        stall_s=kept.stall_s,
        warnings=None if (warnings := body.warnings) is None else _warnings(warnings),
        message_code=body.message_code,
        error_code=body.error_code,
        control=body.control,
        revision=body.revision,
        unknown=dict(unknown),
    )


def _worker(body: Body, kept: Bookkeeping) -> Worker | None:
    if body.worker is None:
        return None
    return Worker(kept.lease or "", body.worker, kept.eager_in, kept.run)


def _delivery(body: Body, kept: Bookkeeping) -> Delivery | None:
    found = Delivery(
        optional_moment(body.eta),
        optional_moment(body.expires),
        kept.again_s,
        kept.lost_runs,
        optional_moment(body.may_come_again_until),
    )
    return None if found == _UNDELIVERED and not kept.delivery else found


def _member(body: Body, kept: Bookkeeping) -> Member | None:
    if (of := body.workflow) is None:
        return None
    return Member(
        (of.id,) if of.canvas is None else (of.id, of.canvas),
        generation=of.generation,
        planned=body.planned,
        unseen=kept.unseen,
        share=kept.share,
        acts=tuple(kept.acts),
    )


def _warnings(of: WarningTimes) -> Warnings:
    return Warnings(optional_moment(of.stalled), optional_moment(of.late))
