"""Bodies of answers that are made of the table of a task's fields."""

from __future__ import annotations

from datetime import datetime
from types import NoneType
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, Field, create_model

from ...record import fields

Count = Annotated[int, Field(description="How many tasks have this status.")]
#: What a value of a type is in JSON, and the bounds that the type does not have.
_IN_JSON: Final[dict[Any, Any]] = {datetime: str, datetime | None: str | None}
_BOUNDS: Final[dict[str, Any]] = {"percentage": {"ge": 0, "le": 100}}


def _body(part: fields.Part) -> type[BaseModel]:
    """The body that `record.fields` describes."""
    described: dict[str, Any] = {f.name: (_kind(f), _described(f)) for f in part.fields}
    body: type[BaseModel] = create_model(part.name, __doc__=part.meaning, **described)
    return body


def _kind(field: fields.Field) -> Any:
    if field.part is None:
        return _IN_JSON.get(field.kind, field.kind)
    body = _body(field.part)
    return body | None if NoneType in get_args(field.kind) else body


def _described(field: fields.Field) -> Any:
    default = field.default if field.sparse else ...
    return Field(default, description=field.meaning, **_BOUNDS.get(field.name, {}))


TaskBody = _body(fields.TASK)
PROGRESS = _body(fields.PROGRESS)
ESTIMATE = _body(fields.ESTIMATE)
MEANINGS: Final = {field.name: field.meaning for field in fields.TASK.fields}
