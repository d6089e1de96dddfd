"""A page of tasks as a table of text, and one task in full: for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..addresses import without_password
from ..record.default_texts import Locale, translated
from ..record.model import STATUSES, Task, Warnings
from ..settings import Settings
from . import formats
from .remaining import remaining

_COLUMNS = ("id", "status", "percent", "age", "name")
_WHOLE_COLUMNS = ("id", "status", "type", "symbol", "percent", "created_at")
#: Between two columns; and the cells that a name has at the least.
_GAP, _LEAST_NAME = "  ", 8
#: Left out where they would leave a name less than that, the first one first.
_LEFT_OUT = ("age", "percent", "status")


def table(tasks: Sequence[Task], now: datetime, width: int | None, locale: Locale) -> Iterator[str]:
    """The page's rows under a head, cut to `width` cells; None leaves ids and names whole.

    The name stands last and is cut on its left, where names are alike; where the width leaves it
    no room, columns before it are left out.
    """
    ids = [task.task_id for task in tasks]
    shown = [*map(formats.clean, ids)] if width is None else formats.short_ids(ids)
    rows = [
        (
            task_id,
            formats.standing(locale, task),
            formats.percent(task),
            formats.age(task, now, locale),
            formats.name(task),
        )
        for task_id, task in zip(shown, tasks, strict=True)
    ]
    head = heads(_COLUMNS, locale)
    if width is None:
        return aligned([head, *rows])
    columns = dict(zip(_COLUMNS, zip(head, *rows, strict=True), strict=True))
    return aligned(list(zip(*fitting(columns, width), strict=True)))


def fitting(
    columns: dict[str, tuple[str, ...]], width: int, left_out: Sequence[str] = _LEFT_OUT
) -> list[tuple[str, ...]]:
    """The columns that fit into so many cells, the names cut; `left_out` are those that may be
    missing, the first one first."""
    names = columns.pop("name")

    def left() -> int:
        taken = (max(map(formats.cells_of, column)) + len(_GAP) for column in columns.values())
        return width - sum(taken)

    for column in left_out:
        if left() >= _LEAST_NAME:
            break
        del columns[column]
    room = max(left(), _LEAST_NAME)
    return [*columns.values(), tuple(formats.cut_on_the_left(name, room) for name in names)]


def whole_table(tasks: Sequence[Task], locale: Locale) -> Iterator[str]:
    """The page's rows with whole ids, names and dates."""
    return aligned([heads(_WHOLE_COLUMNS, locale), *(_whole(task, locale) for task in tasks)])


def heads(columns: Sequence[str], locale: Locale) -> tuple[str, ...]:
    """The heads of columns."""
    return tuple(formats.text(locale, column).upper() for column in columns)


def aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    cells = [max(map(formats.cells_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (formats.padded(text, width) for text, width in zip(row, cells, strict=True))
        yield _GAP.join(padded).rstrip()


def _whole(task: Task, locale: Locale) -> tuple[str, ...]:
    return (
        formats.clean(task.task_id),
        formats.standing(locale, task),
        formats.clean(task.task_type),
        formats.clean(task.symbol or formats.UNKNOWN),
        formats.percent(task),
        time_of(task.created_at),
    )


def counted(
    pagination: Mapping[str, int | None],
    summary: Mapping[str, int | None],
    locale: Locale,
    *,
    top: bool = False,
    cursor: str | None = None,
) -> str:
    """ "page 1 of 3, tasks: 52; all: created 1, running 2"; `top`: workflows are among the rows.
    Where tasks were looked at, how many there are is not known, and `cursor` goes on."""
    if pagination["total"] is None:
        more = "looked_at_all" if cursor is None else "looked_at"
        return formats.text(locale, more, cursor=shlex.quote(formats.clean(cursor or "")))
    page = {name: pagination[name] for name in ("page", "pages", "total")}
    counts = formats.text(locale, "comma").join(
        f"{formats.status(locale, status)} {summary[status]}"
        for status in STATUSES
        if summary[status]
    )
    of_all = "page_of_top" if top else "page_of_all"
    return formats.text(locale, of_all if counts else "page", **page, counts=counts)


def store(settings: Settings) -> str:
    """ "redis://127.0.0.1:6379/0, prefix 'shop:'": where the tasks were looked for."""
    prefix = formats.text(settings.locale, "prefix", prefix=settings.key_prefix)
    return f"{without_password(settings.redis_url or '')}{prefix if settings.key_prefix else ''}"


def details(task: Task, now: datetime, locale: Locale, start: str = "") -> Iterator[str]:
    """One task, a line a fact; what is unknown or empty is left out. `start`: when it starts."""
    progress = task.progress
    total = "?" if progress.total is None else progress.total
    control = task.control or {}
    by = formats.text(locale, "asked_by", **control) if control else ""
    error = formats.clean(translated(locale, task.error_message or ""))
    runs = {"attempt": task.attempt, "retries": task.retries}
    facts: dict[str, str | None] = {
        "task": task.task_id,
        "status": formats.standing(locale, task),
        "warnings": _warnings(task, locale),
        "type": formats.clean(task.task_type),
        "symbol": task.symbol and formats.clean(task.symbol),
        "owner": task.owner and formats.clean(task.owner),
        "progress": f"{progress.current}/{total} ({formats.percent(task)})",
        "start": start,
        "rate": formats.rate(task),
        "remaining": remaining(task, now, locale),
        "elapsed": formats.elapsed(task, now),
        "message": formats.clean(translated(locale, task.message)),
        "error": f"{error} ({task.error_cause})" if error and task.error_cause else error,
        "asked": ": ".join(filter(None, [by, formats.clean(str(control.get("reason") or ""))])),
        "created_at": time_of(task.created_at),
        "started_at": time_of(task.started_at),
        "updated_at": time_of(task.updated_at),
        "ended_at": time_of(task.completed_at),
        "worker": task.worker.name if task.worker else "",
        "attempt": formats.text(locale, "attempt_of", **runs) if task.attempt else "",
        "results": _json(task.results),
        "details": _json(task.processing_details),
        "metadata": _json(task.metadata),
    }
    return facts_of(facts, locale)


def _warnings(task: Task, locale: Locale) -> str:
    """ "late since 2024-01-15 10:30:00 +0900"."""
    known = task.warnings or Warnings()
    said = (
        formats.text(
            locale,
            "warned_since",
            name=formats.warning(locale, kind),
            since=time_of(getattr(known, kind)),
        )
        for kind in known.kinds
    )
    return formats.text(locale, "comma").join(said)


def facts_of(facts: Mapping[str, str | None], locale: Locale) -> Iterator[str]:
    """A line a fact that is known, its label before it."""
    known = {
        formats.text(locale, name): fact
        for name, fact in facts.items()
        if fact not in ("", None, formats.UNKNOWN)
    }
    width = max(map(formats.cells_of, known))
    for name, fact in known.items():
        yield f"{formats.padded(name, width)}  {fact}"


def time_of(time: datetime | None) -> str:
    """ "2024-01-15 10:30:00 +0900"."""
    return f"{time:%Y-%m-%d %H:%M:%S %z}" if time else ""


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""
