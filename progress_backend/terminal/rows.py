"""Rows of the terminal: tasks, and workflows that stand for theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..record import task_json
from ..record.default_texts import Locale
from ..record.default_texts import text as default_text
from ..record.json_text import dumps
from ..record.local_time import optional_moment
from ..record.model import Task, TaskStatus
from . import formats
from .source import Body

#: Statuses that are shown first when there is not room for all.
FIRST = (TaskStatus.RUNNING, TaskStatus.PAUSED)
_THOUSAND: Final = 1_000


class WorkflowRow(Task):
    """A workflow as a row among tasks."""


def task_of(body: Body) -> Task:
    """The task of a body, or of a row of a list, with its place while it waits."""
    task = task_json.decode(dumps(body).encode())
    computed = {name: body.get(name) for name in ("ahead", "start_estimate", "estimate", "final")}
    return replace(task, unknown={**computed, "likely": body.get("estimated_completion")})


def final(task: Task, *, confirmed: bool = False) -> bool:
    """Whether a row has ended for good, as its body says, which goes by the store's clock; with
    `confirmed`, and its run has confirmed its cancel."""
    if not task.ended or (confirmed and task.asked == "cancel"):
        return False
    return bool(task.unknown.get("final", True))


def row_of(body: Body, locale: Locale) -> Task:
    """A row of a list, which may be a workflow's."""
    return as_row(body, locale) if "workflow_id" in body else task_of(body)


def as_row(body: Body, locale: Locale, unconfirmed: int = 0) -> WorkflowRow:
    """A workflow as a row among tasks: its type is its name, its items are thousandths of its
    members' work. `unconfirmed`: members that have yet to confirm their cancel, which the
    counts have as cancelled."""
    known = {name: body.get(name) for name in ("estimate", "final")}
    return WorkflowRow(
        task_id=body["workflow_id"],
        task_type=body["name"] or body["task_type"],
        total_items=_THOUSAND,
        current_items=round(body["progress"]["percentage"] * 10),
        status=body["status"],
        message=_message(body, locale, unconfirmed),
        created_at=optional_moment(body["created_at"]),
        started_at=optional_moment(body["start_time"]),
        updated_at=optional_moment(body["updated_at"]),
        completed_at=optional_moment(body["end_time"]),
        control=_control(body, unconfirmed),
        revision=body["revision"],
        unknown={**known, "likely": body.get("estimated_completion")},
    )


def _control(body: Body, unconfirmed: int) -> dict[str, Any] | None:
    """A request as a task's record has it: not carried out while members have yet to follow it."""
    asked = body.get("control") or {}
    action = asked.get("action")
    open_ = body["end_time"] is None
    if unconfirmed or (open_ and body["status"] == TaskStatus.CANCELLED):
        return {**asked, "action": "cancel", "acknowledged_at": None}
    if open_ and action == "pause" and body["status"] != TaskStatus.PAUSED:
        return {**asked, "acknowledged_at": None}
    return dict(asked) or None


def _message(body: Body, locale: Locale, unconfirmed: int) -> str:
    """ "5 of 9 tasks have ended (error 1)"."""
    given = {name: body["progress"][name] for name in ("current", "total")}
    message: str = default_text(locale, "members", **given)
    counts = formats.counts(locale, {n: body["counts"][n] for n in ("error", "cancelled")})
    if counts:
        message = formats.text(locale, "of_tasks", text=message, counts=counts)
    waits = formats.text(locale, "to_confirm", count=unconfirmed) if unconfirmed else ""
    return formats.joined(locale, message, waits)


def key(row: Task) -> str:
    """What distinguishes a row from all others: a chain has the id of its last task."""
    return key_of_workflow(row.task_id) if isinstance(row, WorkflowRow) else row.task_id


def key_of_workflow(workflow_id: str) -> str:
    """The key of a workflow's row."""
    return f"\0{workflow_id}"  # no id has this character


def urgency(task: Task) -> tuple[int, float]:
    """Sorts tasks: those that run or wait for a person first, else the newest first."""
    return 0 if task.status in FIRST else 1, -_created(task)


def urgency_of_member(task: Task) -> tuple[int, float]:
    """Sorts a workflow's members: what has failed and what has yet to confirm its cancel, then as
    `urgency` does."""
    first, newest = urgency(task)
    return -1 if task.status == TaskStatus.ERROR or task.asked == "cancel" else first, newest


def chosen(
    rows: Mapping[str, Task], limit: int, rank: Callable[[Task], tuple[int, float]] = urgency
) -> tuple[Task, ...]:
    """The most urgent ones, in order of creation, so that rows stay where they are."""
    found = sorted(rows.values(), key=rank)[:limit]
    found.reverse()  # pages are newest first, also those of one millisecond
    return tuple(sorted(found, key=_created))


def _created(task: Task) -> float:
    """When a task was created, in seconds since 1970; 0 where that is not known."""
    return task.created_at.timestamp() if task.created_at else 0.0
