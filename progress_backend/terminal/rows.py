"""Rows of the terminal: tasks, and workflows that stand for theirs."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from ..record import task_json
from ..record.default_texts import Locale, in_language
from ..record.json_text import document_of
from ..record.local_time import optional_moment
from ..record.model import Task, TaskStatus
from . import formats
from .source import Body

#: Statuses that are shown first when there is not room for all.
FIRST = (TaskStatus.RUNNING, TaskStatus.PAUSED)
_THOUSAND: Final = 1_000


class ListedWorkflow(Task, frozen=True):
    """A workflow as a row among tasks."""


def task_of(body: Body) -> Task:
    """The task of a body, or of a row of a list, with its place while it waits."""
    task = task_json.decode(document_of(body))
    computed = {name: body.get(name) for name in ("ahead", "start_estimate", "estimate", "final")}
    return replace(task, unknown={**computed, "likely": body.get("estimated_completion")})


def final(task: Task, *, confirmed: bool = False) -> bool:
    """Whether a row has ended for good, as its body says, which goes by the store's clock; with
    `confirmed`, and its run has confirmed its cancel."""
    if not task.ended or (confirmed and task.requested == "cancel"):
        return False
    return bool(task.unknown.get("final", True))


def row_of(body: Body, locale: Locale) -> Task:
    """A row of a list, which may be a workflow's."""
    return as_row(body, locale) if "workflow_id" in body else task_of(body)


def as_row(body: Body, locale: Locale) -> ListedWorkflow:
    """A workflow as a row among tasks: its type is its name, its items are thousandths of its
    members' work."""
    known = {name: body.get(name) for name in ("estimate", "final")}
    return ListedWorkflow(
        task_id=body["workflow_id"],
        task_type=body["name"] or body["task_type"],
        total_items=_THOUSAND,
        current_items=round(body["progress"]["percentage"] * 10),
        status=body["status"],
        message=_message(body, locale),
        created_at=optional_moment(body["created_at"]),
        started_at=optional_moment(body["start_time"]),
        updated_at=optional_moment(body["updated_at"]),
        completed_at=optional_moment(body["end_time"]),
        control=_control(body),
        revision=body["revision"],
        unknown={**known, "likely": body.get("estimated_completion")},
    )


def _control(body: Body) -> dict[str, Any] | None:
    """A request as a task's record has it: not carried out while members are open that follow it
    yet."""
    if not (asked := body.get("control")):
        return None
    followed = TaskStatus.PAUSED if asked["action"] == "pause" else None
    waits = body["end_time"] is None and body["status"] != followed
    return {**asked, "acknowledged_at": None} if waits else dict(asked)


def _message(body: Body, locale: Locale) -> str:
    """ "5 of 9 tasks have ended (error 2, never ran 1)"."""
    message = in_language(locale, body["current_status"], body["message_code"])
    counted = {n: body["counts"][n] for n in ("error", "cancelled", "never_ran")}
    counts = formats.counts(locale, counted)
    return formats.text(locale, "of_tasks", text=message, counts=counts) if counts else message


def key(row: Task) -> str:
    """What distinguishes a row from all others: a chain has the id of its last task."""
    return key_of_workflow(row.task_id) if isinstance(row, ListedWorkflow) else row.task_id


def key_of_workflow(workflow_id: str) -> str:
    """The key of a workflow's row."""
    return f"\0{workflow_id}"  # no id has this character
