"""A page of tasks as a table of text, and one task in full: for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..model import STATUSES, Task
from . import words

_HEAD = ("TASK ID", "STATUS", "%", "AGE", "NAME")
#: Between two columns; and the cells that a name has at the least.
_GAP, _LEAST_NAME = "  ", 8
_WHOLE_HEAD = ("TASK ID", "STATUS", "TYPE", "SYMBOL", "%", "CREATED")


def table(tasks: Sequence[Task], now: datetime, width: int | None) -> Iterator[str]:
    """The page's rows under a head, cut to `width` cells; None leaves ids and names whole.

    The name stands last and is cut on its left, where names are alike.
    """
    ids = [task.task_id for task in tasks]
    shown = ids if width is None else words.short_ids(ids)
    rows = [
        (task_id, task.status, words.percent(task), words.age(task, now), words.name(task))
        for task_id, task in zip(shown, tasks, strict=True)
    ]
    if width is not None:
        taken = sum(
            words.cells_of(max((row[place] for row in (_HEAD, *rows)), key=words.cells_of))
            + len(_GAP)
            for place in range(len(_HEAD) - 1)
        )
        left = max(width - taken, _LEAST_NAME)
        rows = [(*row[:-1], words.cut_on_the_left(row[-1], left)) for row in rows]
    return _aligned([_HEAD, *rows])


def whole_table(tasks: Sequence[Task]) -> Iterator[str]:
    """The page's rows with whole ids, names and dates."""
    return _aligned([_WHOLE_HEAD, *map(_whole, tasks)])


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    cells = [max(map(words.cells_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (words.padded(text, width) for text, width in zip(row, cells, strict=True))
        yield _GAP.join(padded).rstrip()


def _whole(task: Task) -> tuple[str, ...]:
    return (
        words.clean(task.task_id),
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
