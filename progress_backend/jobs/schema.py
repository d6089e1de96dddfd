"""What a job takes: the arguments of a Celery task's `run`, checked and described by pydantic."""

from __future__ import annotations

import enum
import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, Final

from celery import Celery, Task
from kombu.utils import json
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import to_jsonable_python

from ..errors import InvalidEvent
from ..tracking.decorator import Start, marking_of

#: Why a task's message cannot be made of JSON.
_NO_JSON: Final = "it is published with the serializer {}, and what starts it sends JSON"
_ARGUMENTS: Final = ConfigDict(extra="forbid", validate_default=False)


class NotDescribable(Exception):
    """A task with arguments that have no JSON form; the text names the parameter."""


class WrongArguments(InvalidEvent):
    """Arguments that a job does not take.

    Attributes:
        errors: for each wrong one `loc`, `msg` and `type`, as pydantic gives them.
    """

    def __init__(self, name: str, errors: list[dict[str, Any]]) -> None:
        first = errors[0]
        where = ".".join(map(str, first["loc"]))
        super().__init__(f"the arguments of {name} are wrong: {where}: {first['msg']}")
        self.errors = errors


class _Schema(GenerateJsonSchema):
    """A default without a JSON form is left out of the schema: it is the function's own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}


@dataclass(frozen=True, slots=True)
class StartableTask:
    """A task that other programs may start.

    Attributes:
        task: the Celery task.
        title: the first sentence of its docstring, or its name.
        description: its whole docstring.
        for_owners: whether callers who are bound to an owner may start it, too.
        arguments: the model of its keyword arguments.
    """

    task: Task
    title: str
    description: str
    for_owners: bool
    arguments: type[BaseModel]

    @property
    def name(self) -> str:
        """The Celery task's name."""
        return str(self.task.name)

    @property
    def task_type(self) -> str | None:
        """The type of its records; None if that depends on the arguments."""
        marking = marking_of(self.task)
        given = None if marking is None else marking.task_type
        return None if callable(given) else given or self.name

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its keyword arguments."""
        schema = self.arguments.model_json_schema(schema_generator=_Schema)
        schema.pop("title", None)
        return schema

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments of the message for these given ones, without defaults: those are
        the function's own.

        Raises:
            WrongArguments: they do not fit; the error names the first wrong one.
        """
        try:
            model = self.arguments.model_validate(given)
        except ValidationError as error:
            kept = ("type", "loc", "msg")
            found: Any = error.errors(include_url=False, include_input=False, include_context=False)
            raise WrongArguments(self.name, [{k: one[k] for k in kept} for one in found]) from None
        names = {field.alias or name: name for name, field in type(model).model_fields.items()}
        sent: dict[str, Any] = {}
        for name in given:
            try:
                sent[name] = _travelling(getattr(model, names[name]))
                as_message(sent[name])
            except (TypeError, ValueError) as error:
                why = f"it cannot be sent as JSON: {error}"
                wrong = {"type": "not_json", "loc": (name,), "msg": why}
                raise WrongArguments(self.name, [wrong]) from None
        return sent

    def named(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a message by their names, as `checked` takes them.

        Raises:
            WrongArguments: the function does not take so many.
        """
        try:
            bound = inspect.signature(_function(self.task)).bind_partial(*args, **kwargs)
        except TypeError as error:
            wrong = {"type": "arguments", "loc": ("arguments",), "msg": str(error)}
            raise WrongArguments(self.name, [wrong]) from None
        return dict(bound.arguments)


def jobs_of(app: Celery) -> tuple[dict[str, StartableTask], dict[str, str]]:
    """The jobs of an app by name; and the marked tasks that cannot be started, with the reason."""
    jobs: dict[str, StartableTask] = {}
    closed: dict[str, str] = {}
    for name, task in sorted(app.tasks.items()):
        marking = marking_of(task)
        if marking is None or not marking.start:
            continue
        try:
            jobs[name] = _job(app, task, marking.start)
        except NotDescribable as error:
            closed[name] = str(error)
    return jobs, closed


def _job(app: Celery, task: Task, start: Start) -> StartableTask:
    serializer = task.serializer or app.conf.task_serializer
    if serializer != "json":
        raise NotDescribable(_NO_JSON.format(serializer))
    text = inspect.cleandoc(getattr(task.run, "__doc__", None) or "")
    title = " ".join(text.partition("\n\n")[0].split()) or str(task.name)
    return StartableTask(task, title, text, start == "owner", _model(task))


def _model(task: Task) -> type[BaseModel]:
    """The model of the keyword arguments of a task's function, whatever is around it.

    Raises:
        NotDescribable: a parameter has no JSON form.
    """
    function = _function(task)
    try:
        signature = inspect.signature(function)
        hints = _hints(function)
    except (TypeError, ValueError, NameError) as error:
        raise NotDescribable(f"its signature cannot be read: {error}") from None
    fields: dict[str, Any] = {}
    for number, (name, one) in enumerate(signature.parameters.items()):
        annotation = hints.get(name, one.annotation)
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY):
            raise NotDescribable(f"its parameter {one} has no name in JSON")
        annotation = Any if annotation is one.empty else annotation
        default: Any = ... if one.default is one.empty else one.default
        _check(name, annotation)
        # Names of pydantic's own attributes are names of parameters, too.
        fields[f"argument_{number}"] = (annotation, Field(default, alias=name))
    model: type[BaseModel] = create_model(str(task.name), __config__=_ARGUMENTS, **fields)
    try:
        model.model_json_schema(schema_generator=_Schema)
    except (PydanticUserError, TypeError, ValueError) as error:
        raise NotDescribable(f"its arguments cannot be described: {_line(error)}") from None
    return model


def _function(task: Task) -> Any:
    return getattr(task, "_orig_run", None) or task.run  # Celery's autoretry wraps `run`


def _hints(function: Any) -> dict[str, Any]:
    """The annotations, those that are text evaluated; of a wrapper those of the function in it."""
    inner = inspect.unwrap(function)
    return inspect.get_annotations(getattr(inner, "__func__", inner), eval_str=True)


def _check(name: str, annotation: Any) -> None:
    try:
        TypeAdapter(annotation)
    except (PydanticSchemaGenerationError, PydanticUserError, TypeError, ValueError) as error:
        raise NotDescribable(f"its parameter {name} cannot be described: {_line(error)}") from None


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _travelling(value: Any) -> Any:
    """A checked value as it is in the message: kombu's JSON brings back dates, times, decimals and
    UUIDs; a member of an Enum travels as its value, a model as its JSON."""
    if isinstance(value, enum.Enum):
        return _travelling(value.value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return to_jsonable_python(value)
    if isinstance(value, Mapping):
        return {_travelling(key): _travelling(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_travelling(one) for one in value]
    return value


def as_message(value: Any) -> str:
    """A value as kombu's JSON, which a message of Celery has.

    Raises:
        TypeError: it has no such form.
    """
    text: str = json.dumps(value, sort_keys=True)  # type: ignore[no-untyped-call]  # kombu has none
    return text


def digest_of(arguments: Mapping[str, Any]) -> str:
    """A digest of checked arguments, whatever their order."""
    return hashlib.sha256(as_message(arguments).encode("utf-8", "surrogatepass")).hexdigest()
