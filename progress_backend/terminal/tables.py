"""Lists of tasks, workflows and workers as tables of text, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from ..record.default_texts import Locale
from ..record.local_time import optional_moment
from ..record.model import Task
from . import formats
from .remaining import remaining
from .source import Body

#: Between two columns; and the cells that the last column has at the least.
_GAP: Final = "  "
_LEAST: Final = 8
#: The columns that a narrow terminal leaves out, the first one first.
_LEFT_OUT: Final = ("age", "last_sign", "percent")


#: The text of a task's or workflow's cell in each column that a list and `watch` have.
CELLS: Final[Mapping[str, Callable[[Task, datetime, Locale], str]]] = {
    "status": lambda task, now, locale: formats.standing(locale, task),
    "name": lambda task, now, locale: formats.name(task),
    "percent": lambda task, now, locale: formats.percent(task),
    "rate": lambda task, now, locale: formats.rate(locale, task),
    "age": lambda task, now, locale: formats.age(task.created_at, now),
    "elapsed": lambda task, now, locale: formats.elapsed(task, now),
    "eta": remaining,
}


def of_tasks(
    tasks: Sequence[Task], now: datetime, width: int | None, locale: Locale
) -> Iterator[str]:
    """Tasks, and workflows in their tasks' place, cut to `width` cells; None leaves ids and names
    whole."""
    ids = [task.task_id for task in tasks]
    columns = {"id": [*map(formats.clean, ids)] if width is None else formats.short_ids(ids)}
    for name in ("status", "percent", "age", "name"):
        columns[name] = [CELLS[name](task, now, locale) for task in tasks]
    return table(columns, width, locale)


def of_workers(
    workers: Sequence[Body], now: datetime, width: int | None, locale: Locale
) -> Iterator[str]:
    """Workers, and the tasks that each runs, cut to `width` cells; None leaves these whole."""
    signs = [optional_moment(worker["last_sign_at"]) for worker in workers]
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


def time_of(time: datetime | None) -> str:
    """ "2024-01-15 10:30:00 +0900", in this machine's zone."""
    return f"{time.astimezone():%Y-%m-%d %H:%M:%S %z}" if time else ""
