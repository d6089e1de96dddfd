"""A page of tasks as a table of text, and one task in full: for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..model import STATUSES, Task
from . import words

_HEAD = ("TASK ID", "STATUS", "TYPE", "SYMBOL", "%", "CREATED")


def table(tasks: Sequence[Task]) -> Iterator[str]:
    """The page's rows under a head; whole ids and statuses as the other commands take them."""
    rows = [_HEAD, *map(_row, tasks)]
    cells = [max(words.cells_of(row[place]) for row in rows) for place in range(len(_HEAD))]
    for row in rows:
        padded = (words.padded(text, width) for text, width in zip(row, cells, strict=True))
        yield "  ".join(padded).rstrip()


def _row(task: Task) -> tuple[str, ...]:
    return (
        task.task_id,
        task.status,
        words.clean(task.task_type),
        words.clean(task.symbol or words.UNKNOWN),
        words.percent(task),
        _time(task.created_at),
    )


def counted(pagination: Mapping[str, int], summary: Mapping[str, int]) -> str:
    """ "page 1 of 3, 52 tasks; all: created 1, running 2"."""
    total = pagination["total"]
    tasks = "1 task" if total == 1 else f"{total} tasks"
    all_of_them = ", ".join(f"{status} {summary[status]}" for status in STATUSES if summary[status])
    page = f"page {pagination['page']} of {pagination['pages']}, {tasks}"
    return f"{page}; all: {all_of_them}" if all_of_them else page


def details(task: Task, now: datetime) -> Iterator[str]:
    """One task, a line a fact; what is unknown or empty is left out."""
    progress = task.progress
    total = "?" if progress.total is None else progress.total
    worker = task.worker.name if task.worker else ""
    control = task.control or {}
    by = f"{control.get('action')} by {control.get('by')}" if control else ""
    error = task.error_message and words.clean(task.error_message)
    facts: dict[str, str | None] = {
        "Task": task.task_id,
        "Status": task.status,
        "Type": words.clean(task.task_type),
        "Symbol": task.symbol and words.clean(task.symbol),
        "Progress": f"{progress.current}/{total} ({words.percent(task)})",
        "Rate": words.rate(task),
        "Remaining": words.eta(task, now),
        "Elapsed": words.elapsed(task, now),
        "Message": words.clean(task.message),
        "Error": f"{error} ({task.error_cause})" if error and task.error_cause else error,
        "Asked for": ": ".join(filter(None, [by, words.clean(str(control.get("reason") or ""))])),
        "Created": _time(task.created_at),
        "Started": _time(task.started_at),
        "Updated": _time(task.updated_at),
        "Ended": _time(task.completed_at),
        "Worker": worker,
        "Attempt": f"{task.attempt} (retries {task.retries})" if task.attempt else "",
        "Results": _json(task.results),
        "Details": _json(task.processing_details),
        "Metadata": _json(task.metadata),
    }
    for name, fact in facts.items():
        if fact and fact != words.UNKNOWN:
            yield f"{name:<10} {fact}"


def _time(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S %z}" if time else ""


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""
