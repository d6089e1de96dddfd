"""Bodies of answers that are made of the types of a task's fields."""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, Final, get_args, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields as fields_of
from pydantic import BaseModel, Field, create_model

from ...record import fields

Count = Annotated[int, Field(description="How many tasks have this status.")]
#: The bounds that a type does not have.
_BOUNDS: Final[dict[str, Any]] = {"percentage": {"ge": 0, "le": 100}}
#: Fields with values of another type when they are written.
_PARTS: Final[dict[str, type[Struct]]] = {
    "control": fields.Control,
    "message_code": fields.TextCode,
    "error_code": fields.TextCode,
}
_NUMBERS: Final[dict[Any, Any]] = {
    fields.Number: float,
    fields.Number | None: float | None,
    list[fields.Number] | None: list[float] | None,
}
_NAMES: Final = {
    "Body": "TaskBody",
    "ItemsDone": "Progress",
    "WarningTimes": "Warnings",
}


def _body(struct: type[Struct]) -> type[BaseModel]:
    """The body that a Struct describes."""
    hints, described = get_type_hints(struct, include_extras=True), dict[str, Any]()
    for field in fields_of(struct):
        kind, *_, meta = get_args(hints[field.name])
        assert isinstance(meta, Meta)
        default = field.default if field.default_factory is NODEFAULT else []
        default, kind = ... if field.required else default, _kind(field.name, kind)
        if default is None and struct is not fields.Control:  # where it is nothing, it is not there
            (kind,) = (one for one in get_args(kind) if one is not NoneType)
        info = Field(default, description=meta.description, **_BOUNDS.get(field.name, {}))
        described[field.name] = (kind, info)
    name = _NAMES.get(struct.__name__, struct.__name__)
    body: type[BaseModel] = create_model(
        name, __doc__=" ".join((struct.__doc__ or "").split()), **described
    )
    return body


def _kind(name: str, kind: Any) -> Any:
    if (part := _PARTS.get(name)) is not None:
        return _body(part) | None
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _body(kind)
    if kind in _NUMBERS:
        return _NUMBERS[kind]
    struct = next(
        (one for one in get_args(kind) if isinstance(one, type) and issubclass(one, Struct)), None
    )
    return kind if struct is None else _body(struct) | None


TaskBody = _body(fields.Body)
PROGRESS = _body(fields.ItemsDone)
ESTIMATE = _body(fields.Estimate)
CODE = _body(fields.TextCode)
MEANINGS: Final = {name: field.description for name, field in TaskBody.model_fields.items()}
