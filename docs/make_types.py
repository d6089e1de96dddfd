"""The task's body as JSON Schema and as TypeScript types, from progress_backend/record/fields.py:
`python -m docs.make_types schema` or `typescript` prints one of them, `python` the types of the
dictionaries, which are progress_backend/record/bodies.pyi."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from progress_backend.record import answers
from progress_backend.record.fields import Body
from progress_backend.record.workflow_fields import WorkflowBody, WorkflowList
from progress_backend.web.openapi.field_bodies import body_of

Schema = dict[str, Any]
_OF_SERVICES: Final = (
    *(answers.TaskList, answers.Health, answers.WorkerList, answers.TaskTimeline),
    answers.StackRequested,
)

_PYTHON: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_NAMES: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


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


def _type(its: Schema) -> str:
    if "$ref" in its:
        return str(its["$ref"]).rpartition("/")[2]
    if "anyOf" in its:
        return " | ".join(_type(one) for one in its["anyOf"])
    if "enum" in its:
        return " | ".join(json.dumps(one) for one in its["enum"])
    if its["type"] == "array":
        return f"{_type(its['items'])}[]"
    if its["type"] == "object":
        return "Record<string, unknown>"
    return _NAMES.get(its["type"], "null")


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
        kind = _python(its)
        there = kind if field in part.get("required", ()) else f"NotRequired[{kind}]"
        lines.append(f"    {field}: {there}")
    return "\n".join(lines)


def _python(its: Schema) -> str:
    if "$ref" in its:
        return str(its["$ref"]).rpartition("/")[2]
    if "anyOf" in its:
        return " | ".join(map(_python, its["anyOf"]))
    if one_of := its.get("enum") or ([its["const"]] if "const" in its else []):
        return f"Literal[{', '.join(map(json.dumps, one_of))}]"
    if its["type"] == "array":
        return f"list[{_python(its['items'])}]"
    return "dict[str, Any]" if its["type"] == "object" else _PYTHON.get(its["type"], "None")


def schema_block() -> str:
    """The JSON Schema as Markdown."""
    return f"```json\n{json.dumps(schema(), ensure_ascii=False, indent=2)}\n```"


def types_block() -> str:
    """The TypeScript types as Markdown."""
    return f"```ts\n{typescript()}\n```"


if __name__ == "__main__":
    asked = sys.argv[1:]
    if asked == ["schema"]:
        print(json.dumps(schema(), ensure_ascii=False, indent=2))
    elif asked == ["typescript"]:
        print(typescript())
    elif asked == ["python"]:
        print(typed_dicts(), end="")
    else:
        sys.exit(__doc__)
