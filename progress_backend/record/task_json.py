"""JSON of a task: the document under `task:{task_id}`, which is the body of GET status as well.

`fields` describes it; what is no attribute of a Task, or written otherwise in JSON, is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from hashlib import sha1
from operator import attrgetter
from typing import Any, Final

from ..errors import TooLarge
from .document_check import MAX_DOCUMENT_BYTES, body_of
from .estimate import ending, estimated_range, rate_text, remaining_seconds, seconds_text
from .fields import (
    DELIVERY,
    ESTIMATE,
    PROGRESS,
    TASK,
    WARNINGS,
    WORKER,
    Field,
    Part,
    compiled,
)
from .json_text import document_of
from .local_time import optional_moment
from .model import Delivery, Member, Task, Warnings, Worker, rendered, replace
from .packed_event import CLIPPED_TEXT, clip
from .work import Work

_NOTHING: Final = Task("", "")
_Made = Callable[[Any], dict[str, Any]]


def _writer(part: Part, **writers: Callable[[Any], Any]) -> _Made:
    """A function that makes a part's JSON object of a value's attributes; `writers` make the
    values in it that are no plain ones."""

    def value(field: Field) -> str:
        found = f"of.{field.attribute}" if field.attribute else "None"
        if field.is_time and field.attribute:
            return f"None if (v := {found}) is None else v.isoformat(timespec='milliseconds')"
        return f"{field.name}(v) if (v := {found}) else None" if field.name in writers else found

    return compiled("of", {f.name: value(f) for f in part.fields}, part.sparse, **writers)


def _reader(part: Part, attributes: Container[str]) -> _Made:
    """A function that makes these attributes of a part's JSON object."""

    def value(field: Field) -> str:
        found = f"body[{field.name!r}]"
        if field.sparse:
            found = f"body.get({field.name!r}, {field.default!r})"
        return f"moment({found})" if field.is_time else found

    fields = {field.attribute: field for field in part.fields if field.attribute}
    values = {name: value(field) for name, field in fields.items() if name in attributes}
    return compiled("body", values, moment=optional_moment)


_write_worker, _write_delivery = _writer(WORKER), _writer(DELIVERY)
#: Makes the JSON object of a range.
written_range: Final = _writer(ESTIMATE)


def _write_member(member: Member) -> dict[str, Any]:
    outermost, *own = member.workflows
    body: dict[str, Any] = {"id": outermost}
    if own:
        body["canvas"] = own[0]
    body.update(generation=member.generation, share=member.share)
    if member.unseen:
        body["unseen"] = True
    if member.acts:
        body["acts"] = list(member.acts)
    return body


_write: Final = _writer(
    TASK,
    progress=_writer(PROGRESS),
    work=attrgetter("numbers"),
    usual=list,
    workflow=_write_member,
    warnings=_writer(WARNINGS),
)
_read: Final = _reader(TASK, vars(_NOTHING))
_read_worker: Final = _reader(WORKER, WORKER.names)
_read_delivery: Final = _reader(DELIVERY, DELIVERY.names)
_read_warnings: Final = _reader(WARNINGS, WARNINGS.names)


def encode(task: Task) -> bytes:
    """A task as the document that is stored.

    Raises:
        TooLarge: the document would be above `MAX_DOCUMENT_BYTES`.
    """
    body = _document(task)
    if task.unknown:
        names = list(body)
        ours = {name: body.pop(name) for name in names[names.index("created_at") :]}
        body = {**body, **task.unknown, **ours}
    document = document_of(body, task.metadata, task.results, task.processing_details, task.unknown)
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


def digest(document: bytes) -> str:
    """The SHA-1 of a document, in hex, which `commit.lua` compares."""
    return sha1(document, usedforsecurity=False).hexdigest()


def _document(task: Task) -> dict[str, Any]:
    body = _write(task)
    remaining = remaining_seconds(task)
    body["estimated_completion"] = rendered(ending(task, remaining))
    if task.usual is not None and (found := estimated_range(task)) is not None:
        body["estimate"] = written_range(found)
    filled = {} if task.rate is None else _estimates(task, remaining)
    if filled:
        body["processing_details"] = {**filled, **task.processing_details}
    body["estimated_details"] = list(filled)
    if (worker := task.worker) is not None:
        body["worker"] = _write_worker(worker)
        if worker.unknown:
            body["worker"].update(worker.unknown)
    if (delivery := task.delivery) is not None:
        body["delivery"] = _write_delivery(delivery)
        body["may_come_again_until"] = rendered(delivery.again_until)
        if delivery.unknown:
            body["delivery"].update(delivery.unknown)
    body["final"] = task.ended and body["may_come_again_until"] is None
    return body


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
    """A stored document as a Task.

    Raises:
        ForeignValue: the value is no record, or (where `task_id` is given) another task's.
    """
    body = body_of(document, task_id)
    for name in body["estimated_details"]:
        body["processing_details"].pop(name, None)
    values, progress = _read(body), body["progress"]
    if worker := body["worker"]:
        values["worker"] = Worker(**_read_worker(worker), unknown=_others(WORKER, worker))
    again_until = optional_moment(body["may_come_again_until"])
    if delivery := body["delivery"]:
        known, unknown = _read_delivery(delivery), _others(DELIVERY, delivery)
        values["delivery"] = Delivery(**known, again_until=again_until, unknown=unknown)
    elif again_until is not None:
        values["delivery"] = Delivery(again_until=again_until)
    if workflow := body.get("workflow"):
        values["member"] = _member_of(workflow, planned=bool(body.get("planned")))
    if work := body.get("work"):
        values["work"] = Work.of(work)
    if usual := body.get("usual"):
        values["usual"] = tuple(usual)
    if warnings := body.get("warnings"):
        values["warnings"] = Warnings(**_read_warnings(warnings))
    values.update(current_items=progress["current"], total_items=progress["total"])
    return replace(_NOTHING, **values, unknown=dict(_others(TASK, body)))


def _member_of(workflow: Mapping[str, Any], *, planned: bool) -> Member:
    own = workflow.get("canvas")
    return Member(
        (workflow["id"],) if own is None else (workflow["id"], own),
        generation=workflow["generation"],
        planned=planned,
        unseen=workflow.get("unseen", False),
        share=workflow["share"],
        acts=tuple(workflow.get("acts", ())),
    )


def _others(part: Part, body: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Fields that another version of this library has written, which are written again
    unchanged."""
    others = body.keys() - part.names
    return tuple([(name, body[name]) for name in body if name in others]) if others else ()
