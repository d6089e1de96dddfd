"""The table of the HTTP routes: what each does and to what, by which the guard asks whether a
caller may, and what OpenAPI says of it. Each function puts its row in; a route without one cannot
be made."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import fields as fields_of
from pydantic import BaseModel, Field, create_model
from starlette.datastructures import QueryParams
from starlette.types import Scope

from ..record import fields
from ..record.answers import Conflict, Invalid, Problem
from ..record.timeline import TimelineEntry
from .rights import WRITES, Action, Kind, Resource

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Answers = dict[int, dict[str, Any]]
_STREAM: Final = "text/event-stream"
#: What a request of a route does, and to what; without one any caller may request it. A supervisor
#: has no token, the page requests one itself, and neither page nor description has data of a task.
Right = tuple[Action, Kind]


class Row(NamedTuple):
    """A route's row; `answers` by their status."""

    summary: str
    right: Right | None
    answers: dict[int | str, dict[str, Any]]

    @property
    def streams(self) -> bool:
        """Whether its answer is open, and counted, until the client leaves or the task ends."""
        return _STREAM in self.answers.get(200, {}).get("content", ())


#: The bounds that a type does not have.
_BOUNDS: Final[dict[str, Any]] = {
    "percentage": {"ge": 0, "le": 100},
    "time": {"json_schema_extra": {"format": "date-time"}},
}
#: Fields of a task with values of another type when they are written.
_PARTS: Final[dict[str, type[Struct]]] = {
    "control": fields.Control,
    "message_code": fields.TextCode,
    "error_code": fields.TextCode,
    "text_code": fields.TextCode,
}
_NAMES: Final = {
    "Body": "TaskBody",
    "ItemsDone": "Progress",
    "WarningTimes": "Warnings",
}
#: The rows by their functions.
TABLE: Final[dict[Callable[..., Any], Row]] = {}


def route(summary: str, right: Right | None, answers: Answers) -> Callable[[Endpoint], Endpoint]:
    """A decorator of a route's function; its docstring is the route's description. `answers` are
    added to those that all routes with such a right have."""

    def noted(endpoint: Endpoint) -> Endpoint:
        TABLE[endpoint] = Row(summary, right, dict(sorted((_common(right) | answers).items())))
        return endpoint

    return noted


def resource_of(right: Right, scope: Scope) -> Resource:
    """What a request of a route reads or changes; a path parameter has the id of a single one."""
    action, kind = right
    if kind == "tasks" and action == "list":
        return listed(scope)
    given = scope.get("path_params") or {}
    return Resource(kind, given.get("job_name") if kind == "jobs" else given.get(f"{kind}_id"))


def query_of(scope: Scope) -> QueryParams:
    """The parameters of a request; one that is empty has no value, and is none."""
    given = QueryParams(scope["query_string"]).multi_items()
    return QueryParams([(name, value) for name, value in given if value])


def listed(scope: Scope) -> Resource:
    """The tasks that the request for a list or its socket selects. A list that also has workflows
    is one of workflows."""
    query = query_of(scope)
    if query.get("top", "false") != "false":
        return Resource("workflows")
    task_type, workflow_id, owner = (query.get(n) for n in ("task_type", "workflow_id", "owner"))
    return Resource("tasks", None, task_type, workflow_id, owner)


@cache
def body_of(struct: type[Struct]) -> type[BaseModel]:
    """The body that a Struct describes, as FastAPI and OpenAPI need it."""
    hints, described = get_type_hints(struct, include_extras=True), dict[str, Any]()
    for field in fields_of(struct):
        kind, *_, meta = get_args(hints[field.name])
        assert isinstance(meta, Meta)
        default = field.default if field.default_factory is NODEFAULT else []
        default = ... if field.required else default
        if struct in (fields.Body, TimelineEntry) and field.name in _PARTS:
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


def answer(description: str, its: type[Struct]) -> dict[str, Any]:
    """An answer with a JSON body."""
    return {"description": description, "model": body_of(its)}


def text(description: str, media_type: str) -> dict[str, Any]:
    """An answer that is no JSON."""
    return {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}


#: Of what may come too often.
LIMITED: Final[Answers] = {
    429: answer(
        "The client is above one of its limits; try again after Retry-After seconds.", Problem
    )
}
#: Of a state that the client may have.
UNCHANGED: Final[Answers] = {304: {"description": "Nothing has changed."}}
ETAG: Final = {"headers": {"ETag": {"schema": {"type": "string"}, "description": "Of this state."}}}
_FORBIDDEN: Final[Answers] = {
    401: answer("The request has no token, or an unknown token.", Problem),
    403: answer(
        "The token does not permit this, the page has another origin, or the Host is not allowed.",
        Problem,
    ),
}
_ASKED: Final[Answers] = {
    422: answer("The request is invalid; nothing was changed.", Invalid),
    503: answer(
        "Redis does not reply, or other writers changed the record at each try; try again after "
        "Retry-After seconds.",
        Problem,
    ),
}
_WRITTEN: Final[Answers] = {
    413: answer("The body is too large, or the record would be.", Problem),
    415: answer("The body is not sent as application/json, or is compressed.", Problem),
}
_NOT_ALLOWED: Final = {
    "task": "The task's status does not allow the request, or a worker runs the task.",
    "workflow": "The workflow has ended, or its cancel was requested.",
}


def _common(right: Right | None) -> Answers:
    """The answers that all routes with such a right have."""
    if right is None:
        return {403: answer("The Host is not allowed.", Problem)}
    action, kind = right
    common = dict(_FORBIDDEN)
    if action == "metrics":
        return common
    common |= _ASKED
    if kind in _NOT_ALLOWED:
        common[404] = answer(f"There is no such {kind}.", Problem)
    if action in WRITES:
        common |= _WRITTEN | LIMITED
        if kind in _NOT_ALLOWED:
            common[409] = answer(_NOT_ALLOWED[kind], Conflict)
    return common
