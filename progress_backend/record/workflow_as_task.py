"""A workflow's body in the form of a task's, for clients that read the id of a group or canvas as a
task's. Pure."""

from __future__ import annotations

import json
from typing import Any, Final

from msgspec.structs import fields

from .fields import Body
from .json_text import dumps
from .workflow_fields import WorkflowBody

_ALWAYS: Final = {field.name for field in fields(Body) if field.required}
#: Fields that only a workflow has.
_OF_WORKFLOWS: Final = {*WorkflowBody.__struct_fields__} - {*Body.__struct_fields__}


def as_task(body: bytes) -> bytes:
    """A workflow's body with the names of a task's, in their order; one that has not failed has no
    error, whatever its members have."""
    given: dict[str, Any] = json.loads(body)
    failures, failed = given["failures"], given["status"] == "error"
    last = {name: given.pop(name) for name in ("final", "revision")}
    task = {
        name: value
        for name, value in given.items()
        if name not in _OF_WORKFLOWS and (value is not None or name in _ALWAYS)
    }
    task["attempt"] = 0
    if (control := given["control"]) is not None:
        task["control"] = {**control, "acknowledged_at": given["end_time"]}
    if not failed:
        task["error_message"] = None
        task.pop("error_code", None)
    elif failures:
        task["error_cause"] = failures[0]["error_cause"]
    return dumps(task | last).encode()
