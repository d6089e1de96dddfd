"""The check that the value under a task's Redis key is that task's record.

All other code relies on it: every field is there and has its type, every time its offset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from ..errors import ForeignValue
from .fields import (
    DELIVERY,
    ESTIMATE,
    GIVEN,
    PROGRESS,
    SENT,
    SENT_AT_END,
    SENT_IF_SET,
    SENT_IF_THERE,
    START,
    TASK,
    WARNINGS,
    WORKER,
    WORKFLOW,
    Part,
)
from .json_text import parsed
from .local_time import moment
from .model import STATUSES

#: Largest document in bytes: it is sent to every watching client on every update.
MAX_DOCUMENT_BYTES: Final = 256 * 1024
#: The Lua scripts return this, and the name of the Redis type, for a value that is no string.
OTHER_TYPE: Final = b"\0"
#: How many shapes of records are remembered as correct.
_SHAPES: Final = 1_024

#: Numbers that a run's work has at least.
_COUNTS: Final = 4
#: Numbers below this can be divided by any rate.
_LARGEST: Final = 10**100

#: The parts of a record whose fields are checked as well. A control is only shown.
_CHECKED: Final = {
    "progress": PROGRESS,
    "worker": WORKER,
    "delivery": DELIVERY,
    "workflow": WORKFLOW,
    "estimate": ESTIMATE,
    "start_estimate": START,
    "warnings": WARNINGS,
}
_TYPES: Final = {
    part.name: [(field, field.json_types) for field in part.fields]
    for part in (TASK, *_CHECKED.values())
}

_sent: Final = itemgetter(*SENT, *SENT_AT_END, *SENT_IF_SET)
_progress: Final = itemgetter(*PROGRESS.names)
#: The fields in messages whose values are times.
SENT_TIMES: Final = tuple(name for name in TASK.times if name in SENT)


def body_of(stored: bytes, task_id: str | None = None) -> dict[str, Any]:
    """A stored record as a dictionary.

    Raises:
        ForeignValue: the value is no record, or (where `task_id` is given) another task's.
    """
    try:
        body = checked_body(stored)
        for name in GIVEN:  # a row may omit them
            body.setdefault(name, {})
    except ValueError as error:
        raise ForeignValue(task_id, str(error)) from None
    if task_id is not None and body["task_id"] != task_id:
        raise ForeignValue(task_id, others(body["task_id"]))
    return body


def checked_body(stored: bytes) -> dict[str, Any]:
    """A stored record as it stands.

    Raises:
        ValueError: the value is no record; the message names what is wrong.
    """
    body = _object(stored)
    shape = _shape(body)
    if shape not in _sound:
        _check_fields(body)
        if len(_sound) < _SHAPES:
            _sound.add(shape)
    _check_values(body, TASK.times)
    for name, least in (("work", _COUNTS), ("usual", 1)):
        if (numbers := body.get(name)) and not _are_counts(numbers, least):
            raise ValueError(_wrong(name, numbers))
    for name, part in (("delivery", DELIVERY), ("start_estimate", START)):
        if (values := body[name]) is not None:
            _check_times(values, part.times)
    if (warnings := body.get("warnings")) is not None:
        _check_times(warnings, WARNINGS.times)
    for name in ("expect_s", "stall_s"):
        if not 0 <= (body.get(name) or 0) < _LARGEST:
            raise ValueError(_wrong(name, body[name]))
    return body


def sent_body(published: bytes) -> dict[str, Any]:
    """A published record as a dictionary, at half the cost of `body_of`: each message is one. Its
    fields are checked if it has the types of a correct one in those that clients get.

    Raises:
        ForeignValue: the value is no record.
    """
    try:
        body = _object(published)
        shape = _sent_shape(body)
        if shape in _sound_when_sent and not any(name in body for name in SENT_IF_THERE):
            _check_values(body, SENT_TIMES)
            return body
    except ValueError as error:
        raise ForeignValue(None, str(error)) from None
    body = body_of(published)
    if shape is not None and len(_sound_when_sent) < _SHAPES:
        _sound_when_sent.add(shape)
    return body


def _check_values(body: Mapping[str, Any], times: Sequence[str]) -> None:
    """Checks the values that have the right type and may be wrong all the same."""
    if body["status"] not in STATUSES:
        raise ValueError(_wrong("status", body["status"]))
    progress = body["progress"]
    for name in ("current", "total"):
        if not -_LARGEST < (progress[name] or 0) < _LARGEST:
            raise ValueError(_wrong(name, progress[name]))
    _check_times(body, times)
    if (estimate := body["estimate"]) is not None:
        _check_times(estimate, ESTIMATE.times)
    for name in body["estimated_details"]:
        if type(name) is not str:
            raise ValueError(_wrong("estimated_details", name))


def _are_counts(values: Sequence[Any], least: int) -> bool:
    """Whether all of the values are numbers, `least` or more, and none is negative or too large."""
    try:
        return bool(len(values) >= least and min(values) >= 0 and max(values) < _LARGEST)
    except TypeError:
        return False


def _sent_shape(body: Mapping[str, Any]) -> tuple[type, ...] | None:
    """The types of the fields that clients get; None where one is missing."""
    try:
        return (*map(type, _sent(body)), *map(type, _progress(body["progress"])))
    except (KeyError, TypeError):  # the progress is no object, too
        return None


def _shape(body: Mapping[str, Any]) -> tuple[str | type, ...]:
    """The names in a record and in its parts, each followed by the types of its values."""
    shape: list[str | type] = [*body, *map(type, body.values())]
    for name in _CHECKED:
        if type(part := body.get(name)) is dict:
            shape += [*part, *map(type, part.values())]
    return tuple(shape)


#: Shapes that passed the check: one version of this library writes one or two dozen.
_sound: set[tuple[str | type, ...]] = set()
_sound_when_sent: set[tuple[type, ...]] = set()


def _check_fields(body: Mapping[str, Any]) -> None:
    """Checks that each field is there, unless it is sparse or a row omits it, and of its type."""
    _check(TASK, body, GIVEN if "omitted" in body else ())
    for name, part in _CHECKED.items():
        if (values := body.get(name)) is not None:
            _check(part, values, of=f"{name}'s ")


def _check(part: Part, body: Mapping[str, Any], omitted: Sequence[str] = (), of: str = "") -> None:
    for field, types in _TYPES[part.name]:
        if field.name in body:
            if type(body[field.name]) not in types:
                raise ValueError(_wrong(of + field.name, body[field.name]))
        elif not field.sparse and field.name not in omitted:
            raise ValueError(f"it has no {of}{field.name}")


def _object(stored: bytes) -> dict[str, Any]:
    if stored.startswith(OTHER_TYPE):
        raise ValueError(f"it is a {stored[1:30].decode('ascii', 'replace')}")
    if len(stored) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"it is longer than {MAX_DOCUMENT_BYTES} bytes")
    try:
        body = parsed(stored)
    except ValueError:
        raise ValueError("it is no JSON") from None
    if type(body) is not dict:
        raise ValueError("it is no JSON object")
    return body


def _check_times(part: Mapping[str, Any], names: Sequence[str]) -> None:
    name = text = None
    try:
        for name in names:
            if (text := part.get(name)) is not None:
                moment(text)
    except ValueError:
        raise ValueError(_wrong(str(name), text)) from None


def _wrong(name: str, value: Any) -> str:
    return f"its {name} is {value!r:.40}"


def others(task_id: str) -> str:
    """The fault of a value that is another task's record."""
    return f"it is the record of task {task_id!r:.100}"
