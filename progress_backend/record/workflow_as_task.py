"""A workflow's body in the form of a task's, for clients that read the id of a group or canvas as a
task's. Pure."""

from __future__ import annotations

from typing import Any, Final

from msgspec import to_builtins

from .fields import Body
from .workflow_fields import WorkflowBody

#: Fields of both.
_SHARED: Final = {*WorkflowBody.__struct_fields__} & {*Body.__struct_fields__}


def as_task(workflow: WorkflowBody) -> Body:
    """A workflow's body as a task's; one that has not failed has no error, whatever its members
    have."""
    its: dict[str, Any] = {name: getattr(workflow, name) for name in _SHARED}
    if workflow.control is not None:
        its["control"] = to_builtins(workflow.control) | {"acknowledged_at": workflow.end_time}
    if workflow.status != "error":
        its |= {"error_message": None, "error_code": None}
    elif workflow.failures:
        its["error_cause"] = workflow.failures[0].error_cause
    return Body(**its, attempt=0)
