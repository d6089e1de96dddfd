"""What each HTTP route does and to what, by the name of its function: the table by which the guard
asks whether a caller may. A route without an entry cannot be made."""

from __future__ import annotations

from typing import Final, NamedTuple

from starlette.datastructures import QueryParams
from starlette.types import Scope

from .rights import Action, Kind, Resource


class RouteRight(NamedTuple):
    """A route's action, what it is done to, and the path parameter that has its id."""

    action: Action
    kind: Kind
    parameter: str | None = None

    def resource(self, scope: Scope) -> Resource:
        """What a request of this route reads or changes."""
        if self.kind == "tasks" and self.action == "list":
            return listed(scope)
        parameters = scope.get("path_params") or {}
        return Resource(self.kind, parameters.get(self.parameter) if self.parameter else None)


def listed(scope: Scope) -> Resource:
    """The tasks that a list or its socket is asked for. A list that has workflows beside tasks is
    one of workflows."""
    query = QueryParams(scope["query_string"])
    if query.get("top", "false") != "false":
        return Resource("workflows")
    task_type, workflow_id, owner = (query.get(n) for n in ("task_type", "workflow_id", "owner"))
    return Resource("tasks", None, task_type, workflow_id, owner)


_TASK: Final = "task_id"
_WORKFLOW: Final = "workflow_id"

#: None: the route is open to everybody. A supervisor has no token, the page asks for one itself,
#: and neither page nor description says anything of a task.
ROUTE_RIGHTS: Final[dict[str, RouteRight | None]] = {
    "create_task": RouteRight("create", "tasks"),
    "update_task": RouteRight("update", "task", _TASK),
    "task_status": RouteRight("read", "task", _TASK),
    "task_events": RouteRight("read", "task", _TASK),
    "task_logged": RouteRight("read", "task", _TASK),
    "task_happened": RouteRight("read", "task", _TASK),
    "act_on_tasks": RouteRight("update", "tasks"),
    "cancel_task": RouteRight("cancel", "task", _TASK),
    "list_tasks": RouteRight("list", "tasks"),
    "workflow_status": RouteRight("read", "workflow", _WORKFLOW),
    "workflow_events": RouteRight("read", "workflow", _WORKFLOW),
    "update_workflow": RouteRight("update", "workflow", _WORKFLOW),
    "cancel_workflow": RouteRight("cancel", "workflow", _WORKFLOW),
    "list_workflows": RouteRight("list", "workflows"),
    "list_workers": RouteRight("list", "workers"),
    "metrics": RouteRight("metrics", "metrics"),
    "health": None,
    "live": None,
    "page": None,
    "task_page": None,
    "workflow_page": None,
    "element": None,
    "static": None,
    "description": None,
    "file": None,
}
