"""What commands print for people: lists as tables, one task or workflow in full, and what happened
to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from ..record.default_texts import Locale, in_language
from ..record.local_time import optional_moment
from ..record.model import STATUSES
from . import formats
from .rows import RecordRow
from .source import Body

#: Between two columns; and the cells that the last column has at the least.
_GAP: Final = "  "
_LEAST: Final = 8
#: The columns that a narrow terminal leaves out, the first one first.
_LEFT_OUT: Final = ("age", "last_sign", "percent")


#: The text of a task's or workflow's cell in each column that a list and `watch` have.
CELLS: Final[Mapping[str, Callable[[RecordRow, datetime, Locale], str]]] = {
    "status": lambda row, now, locale: formats.standing(locale, row),
    "name": lambda row, now, locale: formats.name(row),
    "percent": lambda row, now, locale: formats.percent(row),
    "rate": lambda row, now, locale: formats.rate(locale, row),
    "age": lambda row, now, locale: formats.age(row.created_at, now),
    "elapsed": lambda row, now, locale: formats.elapsed(row, now),
    "eta": formats.remaining,
}


def of_tasks(
    rows: Sequence[RecordRow], now: datetime, width: int | None, locale: Locale
) -> Iterator[str]:
    """Tasks, and workflows in their tasks' place, cut to `width` cells; None leaves ids and names
    whole."""
    ids = [row.task_id for row in rows]
    columns = {"id": [*map(formats.clean, ids)] if width is None else formats.short_ids(ids)}
    for name in ("status", "percent", "age", "name"):
        columns[name] = [CELLS[name](row, now, locale) for row in rows]
    return table(columns, width, locale)


def of_workers(
    workers: Sequence[Body], now: datetime, width: int | None, locale: Locale
) -> Iterator[str]:
    """Workers, and the tasks that each runs, cut to `width` cells; None leaves these whole."""
    signs = [worker["last_sign_at"] for worker in workers]
    states = [
        "live" if worker["live"] else "shut_down" if sign is None else "gone"
        for worker, sign in zip(workers, signs, strict=True)
    ]
    columns = {
        "worker": [formats.clean(worker["name"]) for worker in workers],
        "status": [formats.text(locale, state) for state in states],
        "last_sign": [formats.age(sign, now) for sign in signs],
        "holds": [_runs(worker["holds"]) for worker in workers],
    }
    return table(columns, width, locale, at_the_end=True)


def _runs(holds: Body) -> str:
    """ "3: fetch_data 3f2a90c1 50%, …"."""
    tasks = holds["tasks"]
    ids = formats.short_ids([task["task_id"] for task in tasks])
    shown = [
        f"{formats.clean(task['task_type'])} {short} {task['percentage']:g}%"
        for task, short in zip(tasks, ids, strict=True)
    ]
    more = ["…"] if len(tasks) < holds["total"] else []
    return f"{holds['total']}: {', '.join([*shown, *more])}" if holds["total"] else "0"


def table(
    columns: Mapping[str, Sequence[str]],
    width: int | None,
    locale: Locale,
    *,
    at_the_end: bool = False,
) -> Iterator[str]:
    """Columns under their heads. In `width` cells the last one is cut, on its left, where names
    are alike, unless `at_the_end`; some are left out where it would have too few."""
    shown = {name: (formats.text(locale, name).upper(), *cells) for name, cells in columns.items()}
    if width is not None:
        last, cells = shown.popitem()
        wide = {n: max(map(formats.cells_of, each)) + len(_GAP) for n, each in shown.items()}
        for name in _LEFT_OUT:
            if name in wide and width - sum(wide.values()) < _LEAST:
                del wide[name], shown[name]
        most = max(width - sum(wide.values()), _LEAST)
        shown[last] = tuple(formats.cut(cell, most, at_the_end=at_the_end) for cell in cells)
    lines = aligned(list(zip(*shown.values(), strict=True)))
    return lines if width is None else (formats.cut(each, width, at_the_end=True) for each in lines)


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    cells = [max(map(formats.cells_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (formats.padded(text, width) for text, width in zip(row, cells, strict=True))
        yield _GAP.join(padded).rstrip()


def counted(page: Body, what: str, locale: Locale) -> str:
    """ "page 1 of 3, tasks: 52; all tasks: created 1, running 2". Where tasks were looked at, how
    many there are is not known."""
    if page["pagination"]["total"] is None:
        return formats.text(locale, "no_more" if page.get("cursor") is None else "may_go_on")
    text = formats.text(locale, "page", what=formats.text(locale, what), **page["pagination"])
    counts = formats.counts(locale, page.get("summary", {}))
    return formats.text(locale, "of_all", page=text, counts=counts) if counts else text


def _time_of(time: str | None) -> str:
    """ "2024-01-15 10:30:00 +0900", in this machine's zone."""
    at = optional_moment(time)
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %z}" if at else ""


def of_record(body: Body, now: datetime, locale: Locale) -> Iterator[str]:
    """One task or workflow; what is unknown or empty is left out."""
    row = RecordRow.of(body)
    progress, control = row.progress, row.control or {}
    its_id = formats.clean(row.workflow.id if row.workflow else row.workflow_id)
    ends = row.workflow is not None and row.workflow.id == row.task_id  # a chain has this id, too
    error = formats.clean(in_language(locale, row.error_message or "", row.error_code))
    total = "?" if progress.total is None else progress.total
    runs = {"attempt": row.attempt, "retries": row.retries}
    asked = f"{control['action']} ({control.get('by')})" if control else ""
    facts: dict[str, str | None] = {
        "name": "" if row.workflow_id else row.task_id,
        "workflow": formats.text(locale, "last_of", id=its_id) if ends else its_id,
        "called": formats.clean(row.name or ""),
        "status": formats.standing(locale, row),
        "warnings": _warnings(row, locale),
        "type": "" if row.workflow_id else formats.clean(row.task_type),
        "symbol": formats.clean(row.symbol or ""),
        "owner": formats.clean(row.owner or ""),
        "progress": f"{progress.current}/{total} ({formats.percent(row)})",
        "members": formats.counts(locale, row.counts),
        "start": formats.starting(row, now, locale),
        "rate": formats.rate(locale, row),
        "eta": formats.remaining(row, now, locale),
        "elapsed": formats.elapsed(row, now),
        "message": formats.still_runs(row, locale) or formats.text_of(row, locale),
        "error": f"{error} ({row.error_cause})" if error and row.error_cause else error,
        "asked": ": ".join(filter(None, [asked, formats.clean(str(control.get("reason") or ""))])),
        "links": "  ".join(formats.links(row, now, locale)),
        "created_at": _time_of(row.created_at),
        "started_at": _time_of(row.start_time),
        "updated_at": _time_of(row.updated_at),
        "ended_at": "" if row.still_runs else _time_of(row.end_time),
        "worker": row.worker,
        "attempt": formats.text(locale, "attempt_of", **runs) if row.attempt else "",
        "results": _json(row.results),
        "details": _json(row.processing_details),
        "metadata": _json(row.metadata),
    }
    yield from aligned(
        [
            (formats.text(locale, name), fact)
            for name, fact in facts.items()
            if fact and fact != formats.UNKNOWN
        ]
    )
    yield from _failures(row, locale)


def _failures(row: RecordRow, locale: Locale) -> Iterator[str]:
    """A workflow's first failures, a line each."""
    if not row.failures:
        return
    yield formats.text(locale, "failures")
    yield from aligned(
        [
            (
                f"  {formats.clean(failure['task_id'])}",
                formats.clean(failure["task_type"]),
                formats.clean(
                    in_language(locale, failure["error_message"] or "", failure.get("error_code"))
                ),
            )
            for failure in row.failures
        ]
    )
    if (rest := row.counts["error"] - len(row.failures)) > 0:
        yield f"  {formats.text(locale, 'more', count=rest)}"


def of_timeline(timeline: Body, locale: Locale) -> Iterator[str]:
    """The lines of a timeline."""
    entries = timeline["entries"]
    if timeline["gone"]:
        yield formats.text(locale, "entries_gone", count=timeline["gone"])
    shown = [formats.word(locale, entry["event"], "event") for entry in entries]
    width = max(map(formats.cells_of, shown), default=0)
    for entry, name in zip(entries, shown, strict=True):
        time = _time_of(entry["time"])
        yield f"{time}  {formats.padded(name, width)}  {_about(entry, locale)}".rstrip()
        yield from of_stack(entry, locale)


def of_stack(entry: Body, locale: Locale) -> Iterator[str]:
    """The lines of a stack, the newest frame first, or of a traceback; none of another entry."""
    for line in (entry.get("traceback") or "").splitlines():
        yield f"    {' ' * (len(line) - len(line.lstrip()))}{formats.clean(line)}"
    frames = entry.get("frames") or ()
    for folded, its in groupby(frames, lambda frame: bool(frame.get("folded"))):
        if folded:
            yield f"      {formats.text(locale, 'folded', count=len(list(its)))}"
            continue
        for frame in its:
            name = f"{frame['function']} ({frame['file']}:{frame['line']})"
            yield f"    {formats.clean(name)}"
            if code := frame.get("code"):
                yield f"        {formats.clean(code)}"


def _about(entry: Body, locale: Locale) -> str:
    """ "attempt 2, celery@a, HTTPError: 503"."""
    about = []
    if (status := entry.get("status")) in STATUSES:
        about.append(formats.word(locale, status))
    if entry.get("attempt") and entry["event"] in ("started", "retried"):
        about.append(formats.text(locale, "attempt_number", attempt=entry["attempt"]))
    about += (str(entry[name]) for name in ("by", "worker") if entry.get(name))
    if cause := entry.get("cause"):
        of_stack = entry["event"] == "stack"
        about.append(formats.word(locale, cause, "stack") if of_stack else str(cause))
    if entry.get("same_s"):
        about.append(formats.text(locale, "same_s", seconds=entry["same_s"]))
    if text := entry.get("text"):
        at = datetime.fromisoformat(entry["time"]).astimezone()
        about.append(in_language(locale, str(text), entry.get("text_code"), at))
    return formats.joined(locale, *map(formats.clean, about))


def _warnings(row: RecordRow, locale: Locale) -> str:
    """ "late (2024-01-15 10:30:00 +0900)"."""
    shown = (f"{formats.word(locale, kind)} ({_time_of(at)})" for kind, at in row.warned.items())
    return formats.joined(locale, *shown)


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""
