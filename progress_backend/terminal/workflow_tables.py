"""Workflows as text for people: a table of a page, one in full, and a row among its members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ..record.default_texts import Locale, text, translated
from ..record.local_time import optional_moment
from ..record.model import STATUSES, Delivery, TaskStatus
from . import formats, tables
from .remaining import remaining
from .rows import WorkflowRow

Body = Mapping[str, Any]
_COLUMNS: Final = ("id", "status", "percent", "ended_of", "age", "name")
#: Left out where the width leaves a name too little, the first one first.
_LEFT_OUT: Final = ("age", "ended_of", "percent", "status")
_THOUSAND: Final = 1_000


def as_row(body: Body, locale: Locale, unconfirmed: int = 0) -> WorkflowRow:
    """A workflow as a row among tasks: its type is its name, its items are thousandths of its
    members' work. `unconfirmed`: members whose runs have yet to confirm their cancel, which the
    counts have as cancelled."""
    again_until = optional_moment(body.get("may_come_again_until"))
    return WorkflowRow(
        task_id=body["workflow_id"],
        task_type=body["name"] or body["task_type"],
        total_items=_THOUSAND,
        current_items=round(body["progress"]["percentage"] * 10),
        status=body["status"],
        message=_said(body, locale, unconfirmed),
        created_at=optional_moment(body["created_at"]),
        started_at=optional_moment(body["start_time"]),
        updated_at=optional_moment(body["updated_at"]),
        completed_at=optional_moment(body["end_time"]),
        delivery=None if again_until is None else Delivery(again_until=again_until),
        control=_control(body, unconfirmed),
        revision=body["revision"],
        unknown={"estimate": body.get("estimate"), "likely": body.get("estimated_completion")},
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


def table(
    bodies: Sequence[Body], now: datetime, width: int | None, locale: Locale
) -> Iterator[str]:
    """A page's rows under a head, cut to `width` cells; None leaves ids and names whole."""
    tasks = [as_row(body, locale) for body in bodies]
    ids = [task.task_id for task in tasks]
    shown = [*map(formats.clean, ids)] if width is None else formats.short_ids(ids)
    rows = [
        (
            short,
            formats.standing(locale, task),
            formats.percent(task),
            "{current}/{total}".format(**body["progress"]),
            formats.age(task, now, locale),
            formats.name(task),
        )
        for short, task, body in zip(shown, tasks, bodies, strict=True)
    ]
    head = tables.heads((*_COLUMNS[:-1], "workflow"), locale)
    if width is None:
        return tables.aligned([head, *rows])
    columns = dict(zip(_COLUMNS, zip(head, *rows, strict=True), strict=True))
    fitting = tables.fitting(columns, width, _LEFT_OUT)
    return tables.aligned(list(zip(*fitting, strict=True)))


def counted(pagination: Mapping[str, int], locale: Locale) -> str:
    """ "page 1 of 3, workflows: 52"."""
    page = {name: pagination[name] for name in ("page", "pages", "total")}
    return formats.text(locale, "page_of_workflows", **page)


def details(body: Body, now: datetime, locale: Locale) -> Iterator[str]:
    """One workflow, a line a fact; then its first failures, a line each."""
    task, progress, failures = as_row(body, locale), body["progress"], body["failures"]
    facts: dict[str, str | None] = {
        "workflow": formats.clean(task.task_id),
        "called": body["name"] and formats.clean(body["name"]),
        "status": formats.standing(locale, task),
        "progress": f"{progress['current']}/{progress['total']} ({formats.percent(task)})",
        "members": _counts(body["counts"], locale),
        "elapsed": formats.elapsed(task, now),
        "remaining": remaining(task, now, locale) if body.get("estimated_completion") else None,
        "created_at": tables.time_of(task.created_at),
        "started_at": tables.time_of(task.started_at),
        "updated_at": tables.time_of(task.updated_at),
        "ended_at": tables.time_of(task.completed_at),
    }
    yield from tables.facts_of(facts, locale)
    if failures:
        yield formats.text(locale, "failures")
        lines = [
            (
                f"  {formats.clean(failure['task_id'])}",
                formats.clean(failure["task_type"]),
                formats.clean(translated(locale, failure["error_message"] or "")),
            )
            for failure in failures
        ]
        yield from tables.aligned(lines)
    rest = body["counts"]["error"] - len(failures)
    if failures and rest > 0:
        yield f"  {formats.text(locale, 'more', count=rest)}"


def _said(body: Body, locale: Locale, unconfirmed: int) -> str:
    """ "5 of 9 tasks have ended (error 1)"."""
    said = text(locale, "members", **{n: body["progress"][n] for n in ("current", "total")})
    counts = _counts({n: body["counts"][n] for n in ("error", "cancelled")}, locale)
    said = formats.text(locale, "of_tasks", said=said, counts=counts) if counts else said
    if not unconfirmed:
        return said
    waits = formats.text(locale, "to_confirm", count=unconfirmed)
    return formats.text(locale, "comma").join([said, waits])


def _counts(counts: Mapping[str, int], locale: Locale) -> str:
    """ "created 1, running 3, not sent yet 1"; what there is none of is left out."""
    parts = [
        f"{formats.status(locale, status)} {counts[status]}"
        for status in STATUSES
        if counts.get(status)
    ]
    if counts.get("planned"):
        parts.append(formats.text(locale, "planned", count=counts["planned"]))
    return formats.text(locale, "comma").join(parts)
