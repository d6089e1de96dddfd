"""The stored document of a record: how it is read, checked and written.

All other code relies on the check: every field is there and has its type, and every time its
offset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from ..errors import ForeignValue
from .fields import MAX_DOCUMENT_BYTES, OTHER_TYPE, TIME, Body, Stored
from .json_text import mended
from .local_time import moment

T = TypeVar("T", bound=Body)

#: The end of a fault of JSON that may be a record in the form of another version.
OTHER_VERSION: Final = "or written by another version of progress-backend; update all processes"

_write = msgspec.json.Encoder().encode
_read_stored = msgspec.json.Decoder(Stored).decode
_read_body = msgspec.json.Decoder(Body).decode


def _parts(struct: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """The fields of a Struct that hold Structs, and their types."""
    hints = get_type_hints(struct).items()
    kinds = {name: (hint, *get_args(hint)) for name, hint in hints if get_origin(hint) is not list}
    return {
        name: kind
        for name, several in kinds.items()
        for kind in several
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    }


def _times_of(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of the fields that hold times."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(name for name, hint in hints.items() if _is_time(hint))


def _is_time(hint: Any) -> bool:
    return TIME in getattr(hint, "__metadata__", ()) or any(map(_is_time, get_args(hint)))


#: The names of a record's times, and those of its parts' times.
TIMES: Final = _times_of(Body)
PARTS: Final = _parts(Body)
PART_TIMES: Final = {name: times for name, kind in PARTS.items() if (times := _times_of(kind))}


def read(document: bytes, task_id: str | None = None) -> Body:
    """The body of a stored document, checked.

    Raises:
        ForeignValue: the value is no record, or (where `task_id` is given) another task's.
    """
    return checked(_read_body, document, task_id)


def read_stored(document: bytes, task_id: str | None = None) -> Stored:
    """As `read`, with the bookkeeping."""
    return checked(_read_stored, document, task_id)


def body_of(document: bytes) -> bytes:
    """The body of a record that was stored, as JSON text."""
    record = read(document)
    record.checkpoint = None
    return written(record)


def written(record: msgspec.Struct | None) -> bytes:
    """A record, or another body, as JSON text."""
    try:
        return _write(record)
    except (ValueError, RecursionError):  # half of a surrogate pair, a number of 4,300 digits
        return _write(mended(record))


def checked(read: Callable[[bytes], T], document: bytes, task_id: str | None = None) -> T:
    """A document as `read` decodes it, its times checked; raises as the function `read`."""
    try:
        if document.startswith(OTHER_TYPE):
            raise ValueError(f"it is a {document[1:30].decode('ascii', 'replace')}")
        if len(document) > MAX_DOCUMENT_BYTES:
            raise ValueError(f"it is longer than {MAX_DOCUMENT_BYTES} bytes")
        record = read(document)
        _check_all_times(record)
    except msgspec.ValidationError as error:
        raise ForeignValue(task_id, f"its JSON is not a record: {error}, {OTHER_VERSION}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ForeignValue(task_id, "it is not JSON") from None
    except ValueError as error:
        raise ForeignValue(task_id, str(error)) from None
    if task_id is not None and record.task_id != task_id:
        raise ForeignValue(task_id, f"it is the record of task {record.task_id!r:.100}")
    return record


def newer(document: bytes) -> dict[str, Any]:
    """The fields of a checked document that this version does not know, and its version."""
    body = msgspec.json.decode(document, type=dict[str, Any])
    unknown = _taken(body, Stored)
    unknown["_"] = {**unknown.get("_", {}), "v": body["_"]["v"]}
    return unknown


def _taken(body: dict[str, Any], struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Removes fields that a Struct does not have from a JSON object and its parts; returns them."""
    known = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    unknown = {name: body.pop(name) for name in [*body] if name not in known.values()}
    for attribute, part in _parts(struct).items():
        name = known[attribute]
        if isinstance(body.get(name), dict) and (others := _taken(body[name], part)):
            unknown[name] = others
    return unknown


def with_newer(body: dict[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    """Adds to a JSON object the fields that a newer version has written; those of a part only if
    the part is there."""
    for name, value in unknown.items():
        if isinstance(part := body.get(name), dict):
            with_newer(part, value)
        elif name not in PARTS:
            body[name] = value
    return body


def _check_all_times(record: Body) -> None:
    """Checks the times of a record and of its parts."""
    _check_times(record, TIMES)
    for name, times in PART_TIMES.items():
        if (part := getattr(record, name)) is not None:
            _check_times(part, times)
    for link in record.links:
        _check_times(link, ("expires_at",))
    kept = record.bookkeeping if isinstance(record, Stored) else None
    if kept is not None and kept.began:
        _check_times(kept, ("began",))


def _check_times(part: msgspec.Struct, names: tuple[str, ...]) -> None:
    name = text = None
    try:
        for name in names:
            if (text := getattr(part, name)) is not None:
                moment(text)
    except ValueError:
        raise ValueError(f"its {name} is {text!r:.40}, {OTHER_VERSION}") from None
