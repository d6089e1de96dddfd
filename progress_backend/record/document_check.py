"""The check that the value under a task's Redis key is that task's record.

All other code relies on it: every field has its type, every time its offset. A field that an older
version of this library did not write may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..errors import ForeignValue
from .json_text import parsed
from .local_time import moment
from .model import ENDED, STATUSES

#: Largest document in bytes: it is sent to every watching client on every update.
MAX_DOCUMENT_BYTES: Final = 256 * 1024
#: The Lua scripts return this, and the name of the Redis type, for a value that is no string.
OTHER_TYPE: Final = b"\0"
#: How many shapes of records are remembered as correct.
_SHAPES: Final = 1_024

#: Numbers below this can be divided by any rate.
_LARGEST: Final = 10**100

_MISSING: Final = object()
_NUMBER: Final = (int, float)
_REQUIRED: Final[Mapping[str, tuple[type, ...]]] = {
    "task_id": (str,),
    "task_type": (str,),
    "status": (str,),
    "progress": (dict,),
    "symbol": (str, type(None)),
    "current_status": (str,),
    "start_time": (str, type(None)),
    "updated_at": (str, type(None)),
    "end_time": (str, type(None)),
    "processing_time_ms": (int, type(None)),
    "results": (dict,),
    "processing_details": (dict,),
    "error_message": (str, type(None)),
    "metadata": (dict,),
}
#: Fields that an older version did not write, each with its default.
_LATER: Final[Mapping[str, tuple[tuple[type, ...], Any]]] = {
    "created_at": ((str, type(None)), None),
    "estimated_completion": ((str, type(None)), None),
    "attempt": ((int,), 0),
    "attempt_started_at": ((str, type(None)), None),
    "retries": ((int,), 0),
    "worker": ((dict, type(None)), None),
    "parent_id": ((str, type(None)), None),
    "root_id": ((str, type(None)), None),
    "group_id": ((str, type(None)), None),
    "error_cause": ((str, type(None)), None),
    "control": ((dict, type(None)), None),
    "rate": ((int, float, type(None)), None),
    "estimated_details": ((list, tuple), ()),
    "may_come_again_until": ((str, type(None)), None),
    "delivery": ((dict, type(None)), None),
    "revision": ((int,), 0),
}
#: Fields that are written only where their value is not the default.
_SOMETIMES: Final[Mapping[str, tuple[type, ...]]] = {
    "final": (bool,),
    "keeps_results": (bool,),
    "planned": (bool,),
    "workflow": (dict, type(None)),
    "clock_behind_s": (int, float, type(None)),
    "clock_back_s": (int, float),
}
#: Fields with the caller's own values, which a list's row may omit.
_GIVEN: Final = ("results", "processing_details", "metadata")
_PROGRESS: Final[Mapping[str, tuple[type, ...]]] = {
    "current": _NUMBER,
    "total": (*_NUMBER, type(None)),
    "percentage": _NUMBER,
}
_WORKER: Final[Mapping[str, tuple[tuple[type, ...], Any]]] = {
    "lease": ((str,), _MISSING),
    "name": ((str,), _MISSING),
    "task": ((str, type(None)), None),
    "run": ((int, type(None)), None),
    "clock_ahead_s": (_NUMBER, 0),
}
_DELIVERY: Final[Mapping[str, tuple[tuple[type, ...], Any]]] = {
    "eta": ((str, type(None)), None),
    "expires": ((str, type(None)), None),
    "again_s": ((*_NUMBER, type(None)), None),
}
_WORKFLOW: Final[Mapping[str, tuple[tuple[type, ...], Any]]] = {
    "id": ((str,), _MISSING),
    "canvas": ((str, type(None)), None),
    "generation": ((int,), 0),
    "share": ((int,), 0),
    "unseen": ((bool,), False),
}
TIMES: Final = (
    *("start_time", "updated_at", "end_time"),
    *("created_at", "attempt_started_at", "estimated_completion", "may_come_again_until"),
)
DELIVERY_TIMES: Final = ("eta", "expires")
#: Fields that are dictionaries with names of this library.
_PARTS: Final = ("progress", "worker", "delivery", "workflow")


def body_of(stored: bytes, task_id: str | None = None) -> dict[str, Any]:
    """A stored record as a dictionary.

    Raises:
        ForeignValue: the value is no record, or (where `task_id` is given) another task's.
    """
    try:
        body, _ = checked_body(stored)
        for name in _GIVEN:  # a row may omit them
            body.setdefault(name, {})
    except ValueError as error:
        raise ForeignValue(task_id, str(error)) from None
    if task_id is not None and body["task_id"] != task_id:
        raise ForeignValue(task_id, others(body["task_id"]))
    return body


def checked_body(stored: bytes) -> tuple[dict[str, Any], bool]:
    """A stored record with all of its fields, and whether none of them had to be filled in.

    Raises:
        ValueError: the value is no record; the message names what is wrong.
    """
    body = _object(stored)
    shape = _shape(body)
    whole = shape in _sound
    if not whole:
        whole = _check_fields(body)
        if whole and len(_sound) < _SHAPES:
            _sound.add(shape)
    if body["status"] not in STATUSES:
        raise ValueError(_wrong("status", body["status"]))
    for name in ("current", "total"):
        if not -_LARGEST < (body["progress"][name] or 0) < _LARGEST:
            raise ValueError(_wrong(name, body["progress"][name]))
    _check_times(body, TIMES)
    if (delivery := body["delivery"]) is not None:
        _check_times(delivery, DELIVERY_TIMES)
    for name in body["estimated_details"]:
        _check("estimated_details", name, (str,))
    return body, whole


def _shape(body: Mapping[str, Any]) -> tuple[str | type, ...]:
    """The names in a record and in its parts, each followed by the types of its values."""
    shape: list[str | type] = [*body, *map(type, body.values())]
    for name in _PARTS:
        if type(part := body.get(name)) is dict:
            shape += [*part, *map(type, part.values())]
    return tuple(shape)


#: Shapes that passed the check: one version of this library writes one or two dozen.
_sound: set[tuple[str | type, ...]] = set()


def _check_fields(body: dict[str, Any]) -> bool:
    """Checks that each field is there and of its type, and fills in what an older version did not
    write; whether there was nothing to fill in."""
    omits = "omitted" in body
    for name, types in _REQUIRED.items():
        if not (omits and name in _GIVEN and name not in body):
            _check(name, body.get(name, _MISSING), types)
    for name, types in _PROGRESS.items():
        _check(name, body["progress"].get(name, _MISSING), types)
    size = len(body)
    for name, (types, default) in _LATER.items():
        _check(name, body.setdefault(name, default), types)
    for name, types in _SOMETIMES.items():
        if name in body:
            _check(name, body[name], types)
    parts = (("worker", _WORKER), ("delivery", _DELIVERY), ("workflow", _WORKFLOW))
    for part, fields in parts:
        if body.get(part) is not None:
            for name, (types, default) in fields.items():
                _check(f"{part}'s {name}", body[part].get(name, default), types)
    if len(body) == size and "final" in body:
        return True
    again_until, revision = body.pop("may_come_again_until"), body.pop("revision")
    final = body.pop("final", body["status"] in ENDED and again_until is None)
    # The last three, where `as_of` and `entity_tag` look.
    body.update(may_come_again_until=again_until, final=final, revision=revision)
    return False


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


def _check(name: str, value: Any, types: tuple[type, ...]) -> None:
    if type(value) not in types:
        raise ValueError(_wrong(name, value))


def _check_times(part: Mapping[str, Any], names: Iterable[str]) -> None:
    name = text = None
    try:
        for name in names:
            if (text := part.get(name)) is not None:
                moment(text)
    except ValueError:
        raise ValueError(_wrong(str(name), text)) from None


def _wrong(name: str, value: Any) -> str:
    return f"it has no {name}" if value is _MISSING else f"its {name} is {value!r:.40}"


def others(task_id: str) -> str:
    """The fault of a value that is another task's record."""
    return f"it is the record of task {task_id!r:.100}"
