"""The bodies of answers as FastAPI and OpenAPI need them, made of the types of their fields."""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields as fields_of
from pydantic import BaseModel, Field, create_model

from ...record import fields

#: The bounds that a type does not have.
_BOUNDS: Final[dict[str, Any]] = {"percentage": {"ge": 0, "le": 100}}
#: Fields of a task with values of another type when they are written.
_PARTS: Final[dict[str, type[Struct]]] = {
    "control": fields.Control,
    "message_code": fields.TextCode,
    "error_code": fields.TextCode,
}
_NAMES: Final = {
    "Body": "TaskBody",
    "ItemsDone": "Progress",
    "WarningTimes": "Warnings",
}


@cache
def body_of(struct: type[Struct]) -> type[BaseModel]:
    """The body that a Struct describes."""
    hints, described = get_type_hints(struct, include_extras=True), dict[str, Any]()
    for field in fields_of(struct):
        kind, *_, meta = get_args(hints[field.name])
        assert isinstance(meta, Meta)
        default = field.default if field.default_factory is NODEFAULT else []
        default = ... if field.required else default
        if struct is fields.Body and field.name in _PARTS:
            kind = _PARTS[field.name] | None
        kind = _kind(kind)
        if default is None and struct is not fields.Control:  # where it is nothing, it is not there
            kind = reduce(or_, [one for one in get_args(kind) if one is not NoneType])
        more = {"alias": field.encode_name, **_BOUNDS.get(field.name, {})}
        info = Field(default, description=meta.description, **more)
        described[field.name] = (kind, info)
    name = _NAMES.get(struct.__name__, struct.__name__)
    body: type[BaseModel] = create_model(
        name, __doc__=" ".join((struct.__doc__ or "").split()), **described
    )
    return body


def _kind(kind: Any) -> Any:
    """A type with the bodies of its Structs, and floats for numbers."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return body_of(kind)
    args, origin = get_args(kind), get_origin(kind)
    if origin is list:
        return list[_kind(args[0])]  # type: ignore[misc]  # made at start
    if origin not in (Union, UnionType):
        return kind
    kinds = [_kind(one) for one in args if one is not int or float not in args]
    return reduce(or_, kinds)
