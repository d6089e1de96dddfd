"""Workers as a table of text, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ..record.default_texts import Locale
from ..record.local_time import optional_moment
from . import formats, tables

_COLUMNS: Final = ("worker", "status", "last_sign", "holds")
#: Cells that the tasks of a worker have at the least.
_LEAST: Final = 20
_GAP: Final = 2

Body = Mapping[str, Any]


def table(body: Body, now: datetime, width: int | None, locale: Locale) -> Iterator[str]:
    """The workers under a head, the tasks that each runs cut to `width` cells; None leaves these
    whole."""
    rows = [(*_told(worker, now, locale), _runs(worker["holds"])) for worker in body["workers"]]
    head = tables.heads(_COLUMNS, locale)
    if width is not None:
        columns = list(zip(head, *rows, strict=True))[:-1]
        taken = sum(max(map(formats.cells_of, column)) + _GAP for column in columns)
        room = max(width - taken, _LEAST)
        rows = [(*row[:-1], formats.cut_on_the_right(row[-1], room)) for row in rows]
    return tables.aligned([head, *rows])


def counted(body: Body, locale: Locale) -> str:
    """ "workers: 3"."""
    shown, total = len(body["workers"]), body["total"]
    key = "workers_of" if shown == total else "workers_shown"
    return formats.text(locale, key, total=total, shown=shown)


def _told(worker: Body, now: datetime, locale: Locale) -> tuple[str, str, str]:
    sign = optional_moment(worker["last_sign_at"])
    state = "live" if worker["live"] else "shut_down" if sign is None else "gone"
    name = formats.clean(worker["name"])
    return name, formats.text(locale, state), formats.ago(sign, now, locale)


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
