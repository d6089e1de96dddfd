"""JSON of a task: the document under `task:{task_id}`, which is the body of GET status as well.

`fields` describes it. What is read is checked: all other code relies on it that every field is
there and has its type, and every time its offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from ..errors import ForeignValue, TooLarge
from .estimate import Range, ending, estimated_range, rate_text, remaining_seconds, seconds_text
from .fields import (
    MAX_DOCUMENT_BYTES,
    OTHER_TYPE,
    Estimate,
    ItemsDone,
    Membership,
    MessageDelivery,
    Moment,
    Stored,
    WarningTimes,
)
from .json_text import document_of, guarded, mended, parsed
from .local_time import moment, optional_moment
from .model import Delivery, Member, Task, Warnings, rendered, replace, task_with, written_time
from .packed_event import CLIPPED_TEXT, clip
from .work import Work

_NONE: Final[Mapping[str, Any]] = {}
#: Numbers that a run's work has at least.
_COUNTS: Final = 4
#: Numbers below this can be divided by any rate.
_LARGEST: Final = 10**100

_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Stored).decode


def _parts(struct: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """The fields of a Struct whose values are Structs, and their types."""
    kinds = {name: (hint, *get_args(hint)) for name, hint in get_type_hints(struct).items()}
    return {
        name: kind
        for name, several in kinds.items()
        for kind in several
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    }


def times_of(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of the fields whose values are times."""
    return tuple(
        name
        for name, hint in get_type_hints(struct, include_extras=True).items()
        if Moment in (get_args(hint)[0], *_either(get_args(hint)[0]))
    )


def _either(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else ()


#: The names of a record's times, and those of its parts' times.
TIMES: Final = times_of(Stored)
PARTS: Final = _parts(Stored)
PART_TIMES: Final = {name: times for name, kind in PARTS.items() if (times := times_of(kind))}


def encode(task: Task) -> bytes:
    """A task as the document that is stored.

    Raises:
        TooLarge: the document would be above `MAX_DOCUMENT_BYTES`.
    """
    document = written(stored_of(task))
    if task.unknown:
        body = _with(parsed(document), task.unknown)
        names = list(body)
        ours = names[names.index("created_at") : names.index("revision") + 1]
        last = {name: body.pop(name) for name in ours}  # where `responses` looks
        document = document_of({**body, **last})
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TooLarge(
            f"the record of task {task.task_id} would take {len(document)} bytes, at most "
            f"{MAX_DOCUMENT_BYTES} are kept; put large values elsewhere and record where"
        )
    return document


def written(stored: Stored) -> bytes:
    """A record as JSON text."""
    try:
        return _write(stored)
    except (ValueError, RecursionError):  # half of a surrogate pair, a number of 4,300 digits
        return _write(mended(stored))


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


def digest(document: bytes) -> str:
    """The SHA-1 of a document, in hex, which `commit.lua` compares."""
    return sha1(document, usedforsecurity=False).hexdigest()


def written_range(found: Range) -> Estimate:
    """A range as JSON has it."""
    return Estimate(
        earliest=rendered(found.earliest),
        likely=written_time(found.likely),
        latest=rendered(found.latest),
        runs=found.runs,
    )


def stored_of(task: Task) -> Stored:
    """A task as JSON has it."""
    remaining = remaining_seconds(task)
    estimate = None if task.usual is None else estimated_range(task)
    details, filled = task.processing_details, {}
    if task.rate is not None:
        filled = _estimates(task, remaining)
        details = {**filled, **details}
    delivery, until = task.delivery, rendered(task.again_until)
    return Stored(
        task_id=task.task_id,
        task_type=task.task_type,
        symbol=task.symbol,
        status=task.status,  # type: ignore[arg-type]  # one of TaskStatus
        progress=ItemsDone(*task.progress),
        current_status=task.message,
        start_time=rendered(task.started_at),
        updated_at=rendered(task.updated_at),
        end_time=rendered(task.completed_at),
        processing_time_ms=task.processing_time_ms,
        error_message=task.error_message,
        results=guarded(task.results),
        processing_details=guarded(details),
        metadata=guarded(task.metadata),
        checkpoint=task.checkpoint,
        created_at=rendered(task.created_at),
        estimated_completion=rendered(ending(task, remaining)),
        estimate=None if estimate is None else written_range(estimate),
        waited_ms=task.waited_ms,
        ahead=None,
        start_estimate=None,
        attempt=task.attempt,
        attempt_started_at=rendered(task.attempt_started_at),
        retries=task.retries,
        worker=task.worker,
        delivery=None if delivery is None else _delivery(delivery),
        parent_id=task.parent_id,
        root_id=task.root_id,
        group_id=task.group_id,
        workflow=None if task.member is None else _membership(task.member),
        planned=task.unpublished,
        keeps_results=task.keeps_results,
        owner=task.owner,
        traceparent=task.traceparent,
        error_cause=task.error_cause,
        control=guarded(task.control) if task.control else task.control,
        rate=task.rate,
        work=None if task.work is None else task.work.numbers,
        usual=None if task.usual is None else list(task.usual),
        expect_s=task.expect_s,
        stall_s=task.stall_s,
        warnings=None if task.warnings is None else _warning_times(task.warnings),
        message_code=task.message_code,
        error_code=task.error_code,
        estimated_details=list(filled),
        may_come_again_until=until,
        final=task.ended and until is None,
        revision=task.revision,
    )


def _delivery(of: Delivery) -> MessageDelivery:
    return MessageDelivery(
        eta=rendered(of.eta),
        expires=rendered(of.expires),
        again_s=of.again_s,
        lost_runs=of.lost_runs,
    )


def _membership(of: Member) -> Membership:
    outermost, *own = of.workflows
    return Membership(
        id=outermost,
        canvas=own[0] if own else None,
        generation=of.generation,
        share=of.share,
        unseen=of.unseen,
        acts=list(of.acts),
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


def read(document: bytes, task_id: str | None = None) -> Stored:
    """A stored document, checked.

    Raises:
        ForeignValue: the value is no record, or (where `task_id` is given) another task's.
    """
    return _checked(document, task_id)[0]


def decode(document: bytes, task_id: str | None = None) -> Task:
    """A stored document as a Task; raises as `read`."""
    stored, unknown = _checked(document, task_id)
    return task_of(stored, unknown)


def task_of(stored: Stored, unknown: Mapping[str, Any] = _NONE) -> Task:
    """A checked record as a Task, with the fields of it that only a newer version knows."""
    details = stored.processing_details
    for name in stored.estimated_details:
        details.pop(name, None)
    return task_with(
        task_id=stored.task_id,
        task_type=stored.task_type,
        total_items=stored.progress.total,
        symbol=stored.symbol,
        metadata=stored.metadata,
        current_items=stored.progress.current,
        status=stored.status,
        message=stored.current_status,
        error_message=stored.error_message,
        created_at=optional_moment(stored.created_at),
        started_at=optional_moment(stored.start_time),
        updated_at=optional_moment(stored.updated_at),
        completed_at=optional_moment(stored.end_time),
        results=stored.results,
        processing_details=details,
        checkpoint=stored.checkpoint,
        attempt=stored.attempt,
        attempt_started_at=optional_moment(stored.attempt_started_at),
        retries=stored.retries,
        waited_ms=stored.waited_ms,
        worker=stored.worker,
        delivery=_delivery_of(stored),
        parent_id=stored.parent_id,
        root_id=stored.root_id,
        group_id=stored.group_id,
        member=None if stored.workflow is None else _member(stored.workflow, stored.planned),
        keeps_results=stored.keeps_results,
        owner=stored.owner,
        traceparent=stored.traceparent,
        error_cause=stored.error_cause,
        rate=stored.rate,
        work=None if stored.work is None else Work.of(stored.work),
        usual=None if stored.usual is None else tuple(stored.usual),
        expect_s=stored.expect_s,
        stall_s=stored.stall_s,
        warnings=None if (warnings := stored.warnings) is None else _warnings(warnings),
        message_code=stored.message_code,
        error_code=stored.error_code,
        control=stored.control,
        revision=stored.revision,
        unknown=dict(unknown),
    )


def _delivery_of(stored: Stored) -> Delivery | None:
    of, until = stored.delivery, optional_moment(stored.may_come_again_until)
    if of is None:
        return None if until is None else Delivery(again_until=until)
    return Delivery(
        optional_moment(of.eta), optional_moment(of.expires), of.again_s, of.lost_runs, until
    )


def _member(of: Membership, planned: bool) -> Member:
    return Member(
        (of.id,) if of.canvas is None else (of.id, of.canvas),
        generation=of.generation,
        planned=planned,
        unseen=of.unseen,
        share=of.share,
        acts=tuple(of.acts),
    )


def _warnings(of: WarningTimes) -> Warnings:
    return Warnings(optional_moment(of.stalled), optional_moment(of.late))


def _checked(document: bytes, task_id: str | None) -> tuple[Stored, dict[str, Any]]:
    """A stored document, and the fields of it that only a newer version knows."""
    unknown: dict[str, Any] = {}
    try:
        if document.startswith(OTHER_TYPE):
            raise ValueError(f"it is a {document[1:30].decode('ascii', 'replace')}")
        if len(document) > MAX_DOCUMENT_BYTES:
            raise ValueError(f"it is longer than {MAX_DOCUMENT_BYTES} bytes")
        try:
            stored = _read(document)
        except msgspec.ValidationError:
            stored, unknown = _newer(document)
        _check_values(stored)
    except msgspec.ValidationError as error:
        raise ForeignValue(task_id, f"its JSON is no record's: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ForeignValue(task_id, "it is no JSON") from None
    except ValueError as error:
        raise ForeignValue(task_id, str(error)) from None
    if task_id is not None and stored.task_id != task_id:
        raise ForeignValue(task_id, f"it is the record of task {stored.task_id!r:.100}")
    return stored, unknown


def _newer(document: bytes) -> tuple[Stored, dict[str, Any]]:
    """A document with fields that this version does not know, and these."""
    body = msgspec.json.decode(document, type=dict[str, Any])
    unknown = _taken(body, Stored)
    return msgspec.convert(body, Stored), unknown


def _taken(body: dict[str, Any], struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Takes what a Struct does not know out of a JSON object, and out of the objects in it."""
    known = struct.__struct_fields__
    unknown = {name: body.pop(name) for name in [*body] if name not in known}
    for name, part in _parts(struct).items():
        if isinstance(body.get(name), dict) and (others := _taken(body[name], part)):
            unknown[name] = others
    return unknown


def _with(body: dict[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object with what a newer version had written in it; in its parts while they are
    there."""
    for name, value in unknown.items():
        if isinstance(part := body.get(name), dict):
            _with(part, value)
        elif name not in PARTS:
            body[name] = value
    return body


def _check_values(stored: Stored) -> None:
    """Checks the values that have the right type and may be wrong all the same."""
    progress = stored.progress
    for name, number in (("current", progress.current), ("total", progress.total or 0)):
        if not -_LARGEST < number < _LARGEST:
            raise _wrong(name, number)
    _check_times(stored, TIMES)
    for name, times in PART_TIMES.items():
        if (part := getattr(stored, name)) is not None:
            _check_times(part, times)
    for name, numbers, least in (("work", stored.work, _COUNTS), ("usual", stored.usual, 1)):
        if numbers and not (
            len(numbers) >= least and min(numbers) >= 0 and max(numbers) < _LARGEST
        ):
            raise _wrong(name, numbers)
    for name, seconds in (("expect_s", stored.expect_s), ("stall_s", stored.stall_s)):
        if not 0 <= (seconds or 0) < _LARGEST:
            raise _wrong(name, seconds)


def _check_times(part: msgspec.Struct, names: tuple[str, ...]) -> None:
    name = text = None
    try:
        for name in names:
            if (text := getattr(part, name)) is not None:
                moment(text)
    except ValueError:
        raise _wrong(str(name), text) from None


def _wrong(name: str, value: Any) -> ValueError:
    return ValueError(f"its {name} is {value!r:.40}")
