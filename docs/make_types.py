"""The task's body as JSON Schema and as TypeScript types, from progress_backend/record/fields.py:
`python -m docs.make_types schema` or `typescript` prints one of them, `python` the types of the
dictionaries, which are progress_backend/record/bodies.pyi."""

import json
import sys
from typing import Any, Final

from progress_backend.record import answers
from progress_backend.record.fields import Body
from progress_backend.record.workflow_fields import WorkflowBody, WorkflowList
from progress_backend.web.route_table import body_of

Schema = dict[str, Any]
_OF_SERVICES: Final = (
    *(answers.TaskList, answers.Health, answers.WorkerList, answers.TaskTimeline),
    *(answers.StackRequested, answers.TaskLog),
)

#: How a language writes: kinds, a list, a dictionary, one of several values.
_WRITTEN: Final = {
    "ts": (
        {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"},
        *("null", "{}[]", "Record<string, unknown>", "{}", " | "),
    ),
    "python": (
        {"string": "str", "integer": "int", "number": "float", "boolean": "bool"},
        *("None", "list[{}]", "dict[str, Any]", "Literal[{}]", ", "),
    ),
}


def schema() -> Schema:
    """The JSON Schema (2020-12) of a task's body."""
    made: Schema = _plain(body_of(Body).model_json_schema())
    return made


def _plain(part: Any) -> Any:
    """A schema without titles, and without a default for what is not there."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _plain(one)
        for name, one in part.items()
        if name != "default" and not (name == "title" and isinstance(one, str))
    }


def typescript() -> str:
    """The same as TypeScript interfaces."""
    whole = schema()
    parts = {**whole["$defs"], "TaskBody": whole}
    return "\n\n".join(_interface(name, part) for name, part in parts.items())


def _interface(name: str, part: Schema) -> str:
    lines = [f"/** {part['description']} */", f"export interface {name} {{"]
    for field, its in part["properties"].items():
        there = "" if field in part.get("required", ()) else "?"
        lines += [f"  /** {its['description']} */", f"  {field}{there}: {_type(its)};"]
    return "\n".join([*lines, "}"])


def _type(its: Schema, language: str = "ts") -> str:
    kinds, none, listed, mapping, literal, between = _WRITTEN[language]
    if "$ref" in its:
        return str(its["$ref"]).rpartition("/")[2]
    if "anyOf" in its:
        return " | ".join(_type(one, language) for one in its["anyOf"])
    if one_of := its.get("enum") or ([its["const"]] if "const" in its else []):
        return literal.format(between.join(map(json.dumps, one_of)))
    if its["type"] == "array":
        return listed.format(_type(its["items"], language))
    return mapping if its["type"] == "object" else kinds.get(its["type"], none)


def typed_dicts() -> str:
    """The bodies that get_task and services return, as Python's types of dictionaries."""
    parts = dict[str, Schema]()
    for its in map(body_of, (Body, WorkflowBody, WorkflowList, *_OF_SERVICES)):
        whole = _plain(its.model_json_schema())
        parts |= whole.pop("$defs", {}) | {its.__name__: whole}
    imports = "from typing import Any, Literal, NotRequired, TypedDict"
    return "\n\n".join([imports, *(_typed_dict(*part) for part in parts.items())]) + "\n"


def _typed_dict(name: str, part: Schema) -> str:
    lines = [f"class {name}(TypedDict):"]
    for field, its in part["properties"].items():
        kind = _type(its, "python")
        there = kind if field in part.get("required", ()) else f"NotRequired[{kind}]"
        lines.append(f"    {field}: {there}")
    return "\n".join(lines)


def printed() -> dict[str, str]:
    """What each word of the command prints."""
    shown = json.dumps(schema(), ensure_ascii=False, indent=2)
    return {"schema": shown, "typescript": typescript(), "python": typed_dicts().strip()}


if __name__ == "__main__":
    print(printed().get("".join(sys.argv[1:])) or sys.exit(__doc__))
