"""A workflow's body in the form of a task's, for clients that read the id of a group or canvas as a
task's. Pure."""

from __future__ import annotations

import json
from typing import Any, Final

from .json_text import dumps

#: What a task has and a workflow does not.
_OF_TASKS: Final[dict[str, Any]] = {
    "waited_ms": None,
    "ahead": None,
    "start_estimate": None,
    "attempt": 0,
    "attempt_started_at": None,
    "retries": 0,
    "worker": None,
    "delivery": None,
    "parent_id": None,
    "root_id": None,
    "group_id": None,
    "error_cause": None,
    "control": None,
    "rate": None,
    "estimated_details": [],
    "may_come_again_until": None,
}
#: What only a workflow has.
_OF_WORKFLOWS: Final = ("workflow_id", "name", "counts", "failures")


def as_task(body: bytes) -> bytes:
    """A workflow's body with the names of a task's, in their order; one that has not failed has no
    error, whatever its members have."""
    given: dict[str, Any] = json.loads(body)
    failures, failed = given["failures"], given["status"] == "error"
    last = {name: given.pop(name) for name in ("final", "revision")}
    out = {*_OF_WORKFLOWS, *_OF_TASKS}
    task = {name: value for name, value in given.items() if name not in out} | _OF_TASKS
    task["may_come_again_until"] = given["may_come_again_until"]
    if (control := given["control"]) is not None:
        task["control"] = {**control, "acknowledged_at": given["end_time"]}
    if not failed:
        task["error_message"] = task["error_code"] = None
    task["error_cause"] = failures[0]["error_cause"] if failed and failures else None
    return dumps(task | last).encode()
