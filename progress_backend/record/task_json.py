"""JSON of a task: the document under `task:{task_id}` and in its channel, which is the body of GET
status and the library's bookkeeping.

`fields` describes it. What is read is checked: all other code relies on it that every field is
there and has its type, and every time its offset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from hashlib import sha1
from operator import attrgetter
from typing import Any, Final, TypeVar

from msgspec import UNSET
from msgspec.structs import fields

from ..errors import TooLarge
from .document import newer, read_stored, with_newer, written
from .estimate import estimated_end, rate_text, remaining_seconds, seconds_text
from .fields import (
    MAX_DOCUMENT_BYTES,
    VERSION,
    Body,
    Bookkeeping,
    ItemsDone,
    Membership,
    Stored,
    WarningTimes,
)
from .json_text import document_of, guarded, parsed
from .local_time import optional_moment
from .model import ENDED, Member, Task, TaskStatus, Warnings, Worker, rendered, replace
from .packed_event import CLIPPED_TEXT, clip

T = TypeVar("T")
_NONE: Final[Mapping[str, Any]] = {}
#: The details that are computed, and their forms: those that a job has recorded itself are named in
#: the bookkeeping, which a body has not.
COMPUTED: Final = {
    "processing_rate": re.compile(r"[0-9.]+ items/sec"),
    "estimated_remaining": re.compile(r"[0-9.]+ seconds?"),
}
_UNKEPT: Final = Bookkeeping(v=VERSION)
_REQUIRED: Final[dict[str, Any]] = {one.name: None for one in fields(Stored) if one.required}
_BLANK: Final = Stored(**_REQUIRED)
#: Attributes of a Task that are fields of the body, or of the bookkeeping, as they are, and are not
#: changed by a run's values.
_ALIKE: Final = (
    *("task_id", "task_type", "symbol", "status", "waited_ms", "attempt", "retries"),
    *("parent_id", "group_id", "owner", "traceparent", "again", "again_of", "again_by"),
    "error_cause",
)
_KEPT: Final = (
    *("again_s", "lost_runs", "keeps_results", "work", "usual", "expect_s", "stall_s"),
    *("scheduled", "keeps_message"),
)
_alike, _kept = attrgetter(*_ALIKE), attrgetter(*_KEPT)


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
        error_message=task.error_message and task.error_message[:CLIPPED_TEXT],
    )


def settled(task: Task) -> Task:
    """A completed task without the fields that only its run needs: no event of the run can change
    it any more, but for one that acknowledges a request."""
    if task.status != TaskStatus.COMPLETED or task.requested is not None:
        return task
    return replace(
        task,
        worker=task.worker and Worker("", task.worker.name),
        again_s=None,
        lost_runs=0,
        again_until=None,
        work=None,
        usual=None,
        expect_s=None,
        stall_s=None,
    )


def digest(document: bytes) -> str:
    """The SHA-1 of a document, in hex, which `commit.lua` compares."""
    return sha1(document, usedforsecurity=False).hexdigest()


def stored_of(task: Task) -> Stored:
    """A task in its stored form."""
    stored, worker, member, began = copy(_BLANK), task.worker, task.member, task.attempt_started_at
    stored.bookkeeping = kept = copy(_UNKEPT)
    for name, value in zip(_ALIKE, _alike(task), strict=True):
        setattr(stored, name, value)
    for name, value in zip(_KEPT, _kept(task), strict=True):
        setattr(kept, name, value)
    stored.metadata = task.metadata and guarded(task.metadata)
    stored.control = task.control and guarded(task.control)
    stored.created_at = rendered(task.created_at)
    started, ended = task.started_at, task.completed_at
    stored.start_time, stored.end_time = (
        rendered(started),
        None if ended is None else rendered(ended),
    )
    if task.attempt > 1:
        stored.attempt_started_at = rendered(began)
    if began != _begun(task.attempt, began, task.started_at):
        kept.began = rendered(began)
    if task.eta is not None or task.expires is not None:
        stored.eta, stored.expires = rendered(task.eta), rendered(task.expires)
    if task.root_id == task.task_id:
        kept.own_root = True
    else:
        stored.root_id = task.root_id
    if worker is not None:
        stored.worker, kept.lease = worker.name, worker.lease or None
        kept.eager_in, kept.run = worker.task, worker.run
    if member is not None:
        outermost, *own = member.workflows
        canvas, generation = own[0] if own else None, member.generation
        stored.workflow = Membership(id=outermost, canvas=canvas, generation=generation)
        stored.planned, kept.unseen = member.planned, member.unseen
        kept.share, kept.acts = member.share, member.acts
    if task.warnings is not None:
        stalled, late = map(rendered, task.warnings)
        stored.warnings = WarningTimes(stalled=stalled, late=late)
    if task.again_until is not None:
        stored.may_come_again_until = rendered(task.again_until)
    stored.final = task.status in ENDED and task.again_until is None
    return _filled(stored, task)


def with_values(before: Stored, task: Task) -> Stored:
    """A task in its stored form, copied from `before` with the new values of its run: a value is
    written so often that the rest is not made again."""
    stored, kept = copy(before), before.bookkeeping
    if kept is not None:
        stored.bookkeeping = copy(kept)
        stored.bookkeeping.work = task.work
    return _filled(stored, task)


def _filled(stored: Stored, task: Task) -> Stored:
    """Sets the values of a task's run."""
    remaining, details, at = remaining_seconds(task), task.processing_details, task.updated_at
    computed: dict[str, str] = {}
    if task.rate is not None and not task.ended:
        computed["processing_rate"] = rate_text(task.rate)
        if remaining is not None:
            computed["estimated_remaining"] = seconds_text(remaining)
    if stored.bookkeeping is not None:
        stored.bookkeeping.given = tuple([name for name in COMPUTED if name in details])
    stored.progress = ItemsDone(task.current_items, task.total_items, task.percentage)
    stored.current_status, stored.message_code = task.message, task.message_code
    # A new time, which no cache has.
    stored.updated_at = None if at is None else at.isoformat(timespec="milliseconds")
    stored.estimated_completion, stored.estimate = estimated_end(task, remaining)
    stored.processing_time_ms = task.processing_time_ms
    stored.error_message, stored.error_code = task.error_message, task.error_code
    stored.results = task.results and guarded(task.results)
    stored.processing_details = guarded({**computed, **details})
    stored.checkpoint, stored.rate = task.checkpoint, task.rate
    stored.links = list(task.links)
    stored.revision = task.revision
    return stored


def _begun(attempt: int, newest: T, first: T) -> T | None:
    """The newest run's start as a body has it: the first run's is the task's start."""
    return newest if attempt > 1 else first if attempt else None


def decode(document: bytes, task_id: str | None = None) -> Task:
    """A stored document, or a body, as a Task; raises as `read`."""
    stored = read_stored(document, task_id)
    kept = stored.bookkeeping
    return task_of(stored, newer(document) if kept is not None and kept.v > VERSION else {})


def own_details(body: Body, kept: Bookkeeping = _UNKEPT) -> dict[str, Any]:
    """The details that the job has recorded."""
    details = body.processing_details
    if body.rate is not None and body.end_time is None:
        for name, form in COMPUTED.items():
            if name not in kept.given and form.fullmatch(str(details.get(name))):
                del details[name]
    return details


def task_of(body: Body, unknown: Mapping[str, Any] = _NONE) -> Task:
    """A checked record as a Task, with the fields of it that only a newer version knows. A body is
    without the bookkeeping."""
    kept = (body.bookkeeping if isinstance(body, Stored) else None) or _UNKEPT
    began = kept.began
    if began is UNSET:  # the first run's start is the task's
        began = _begun(body.attempt, body.attempt_started_at, body.start_time)
    # In the order of Task's fields: by their names it would take three times as long.
    return Task(
        body.task_id,
        body.task_type,
        body.progress.total,
        body.symbol,
        body.metadata,
        body.progress.current,
        body.status,
        body.current_status,
        body.error_message,
        optional_moment(body.created_at),
        optional_moment(body.start_time),
        optional_moment(body.updated_at),
        optional_moment(body.end_time),
        body.results,
        own_details(body, kept),
        body.checkpoint,
        body.attempt,
        optional_moment(began),
        body.retries,
        body.waited_ms,
        _worker(body, kept),
        optional_moment(body.eta),
        optional_moment(body.expires),
        kept.again_s,
        kept.lost_runs,
        optional_moment(body.may_come_again_until),
        body.parent_id,
        body.task_id if kept.own_root else body.root_id,
        body.group_id,
        _member(body, kept),
        kept.keeps_results,
        kept.keeps_message,
        body.owner,
        body.traceparent,
        body.again,
        body.again_of,
        body.again_by,
        body.error_cause,
        tuple(body.links),
        body.rate,
        kept.work,
        kept.usual,
        kept.expect_s,
        kept.stall_s,
        kept.scheduled,
        None if (warnings := body.warnings) is None else _warnings(warnings),
        body.control,
        body.message_code,
        body.error_code,
        body.revision,
        dict(unknown),
    )


def _worker(body: Body, kept: Bookkeeping) -> Worker | None:
    if body.worker is None:
        return None
    return Worker(kept.lease or "", body.worker, kept.eager_in, kept.run)


def _member(body: Body, kept: Bookkeeping) -> Member | None:
    if (of := body.workflow) is None:
        return None
    return Member(
        (of.id,) if of.canvas is None else (of.id, of.canvas),
        generation=of.generation,
        planned=body.planned,
        unseen=kept.unseen,
        share=kept.share,
        acts=kept.acts,
    )


def _warnings(of: WarningTimes) -> Warnings:
    return Warnings(optional_moment(of.stalled), optional_moment(of.late))
