"""Layout of a view at a terminal's size: as many columns as the width takes, rows as the height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..record.default_texts import Locale
from ..record.model import STATUSES, Task, TaskStatus
from . import formats
from .lines import trouble
from .places import said
from .remaining import short_remaining
from .rows import WorkflowRow, key, urgency, urgency_of_member
from .view import View

COLOURS: Final = {
    TaskStatus.CREATED: "bright_black",
    TaskStatus.RUNNING: "cyan",
    TaskStatus.PAUSED: "yellow",
    TaskStatus.COMPLETED: "green",
    TaskStatus.ERROR: "red",
    TaskStatus.CANCELLED: "magenta",
}
_QUIET: Final = "bright_black"
#: Before the name of a workflow whose tasks are not shown.
_OPENS: Final = "▸ "
#: Of a warning, which is no failure.
_CALM: Final = "yellow"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: cells it takes, and the least width of a terminal that shows it."""

    name: str
    cells: int
    least: int = 0
    justify: Literal["left", "right"] = "left"


#: Widths in cells; 0 is computed: of id and status from their texts, of name and bar from the
#: terminal's width.
COLUMNS: Final = (
    Column("mark", 1),
    Column("id", 0, 72),
    Column("status", 0, 24),
    Column("name", 0),
    Column("progress", 0, 60),
    Column("percent", 6, 0, "right"),
    Column("rate", 7, 52, "right"),
    Column("elapsed", 7, 88, "right"),
    Column("eta", 7, 40, "right"),
)
#: Beside a bar a name takes this part of the width, within these bounds.
_NAME_PART, _LEAST_NAME, _WIDEST_NAME = 0.22, 4, 32
_WIDEST_ID: Final = 13
#: From this width on the status has room for what is only asked for; below, that is cut.
_ROOMY: Final = 60
#: From this width on a message has a column of its own; below, a line under its task.
MESSAGE_BESIDE: Final = 120
_WIDEST_BAR: Final = 20
#: Lines of the screen that are not rows: the table's head, the summary, the cursor's line.
_AROUND: Final = 3


class Screen:
    """One view, drawn for whatever size the terminal has at the moment.

    `heading` stands above it. `whole` draws all rows, even if they are more than the screen takes.
    `height` is that of its part of the terminal, None for all of it; the row of the key `selected`
    has a mark, and is shown whatever the height.
    """

    def __init__(
        self,
        view: View,
        locale: Locale,
        heading: Sequence[str] = (),
        *,
        whole: bool = False,
        height: int | None = None,
        selected: str | None = None,
    ) -> None:
        self._view = view
        self._locale = locale
        self._heading = heading
        self._whole = whole
        self._height = height
        self._selected = selected

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view, width = self._view, options.max_width
        around = [_line(text) for text in self._heading]
        if view.trouble is not None:
            around.append(_line(trouble(view, self._locale), "bold red"))
            around.append(_line(formats.clean(view.trouble), "red"))
        elif view.gone:
            short = formats.text(self._locale, "comma").join(formats.short_ids(sorted(view.gone)))
            around.append(_line(formats.text(self._locale, "no_record", ids=short), "bold yellow"))
        elif not view.rows and view.at is not None:
            around.append(_line(formats.text(self._locale, "empty"), _QUIET))
        yield from around
        beside = width >= MESSAGE_BESIDE
        height = self._height or console.height
        room = max(height - len(around) - _AROUND, 2)
        first = view.rows[: len(view.rows) - len(view.tasks)]
        room -= sum(_lines(task, beside) for task in first)
        shown = view.tasks if self._whole else _fitting(view, beside, room, self._selected)
        if rows := [*first, *shown]:
            yield from self._rows(rows, width, beside)
        yield from self._summary(len(shown))

    def _rows(self, shown: Sequence[Task], width: int, beside: bool) -> Iterator[RenderableType]:
        ids = formats.short_ids([task.task_id for task in shown])
        marked = self._selected is not None
        columns = _sized(width, beside, ids, self._locale, shown, marked=marked)
        table = self._table(columns, width, beside, head=True)
        for task, short_id in zip(shown, ids, strict=True):
            now = self._view.at or task.updated_at
            cells = [self._cell(column, task, short_id, now) for column in columns]
            table.add_row(*cells, *([_message(task, self._locale, now)] if beside else []))
            if not beside and _has_message(task):
                yield table
                yield _line("  └ ", _QUIET) + _message(task, self._locale, now)
                table = self._table(columns, width, beside, head=False)
        if table.row_count:
            yield table

    def _table(self, columns: Sequence[Column], width: int, beside: bool, *, head: bool) -> Table:
        table = Table(
            box=None,
            show_header=head,
            header_style=_QUIET,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            width=width,
        )
        for column in columns:
            table.add_column(
                formats.text(self._locale, column.name),
                width=column.cells,
                justify=column.justify,
                no_wrap=True,
                overflow="ellipsis",
            )
        if beside:
            title = formats.text(self._locale, "message")
            table.add_column(title, ratio=1, no_wrap=True, overflow="ellipsis")
        return table

    def _cell(
        self, column: Column, task: Task, short_id: str, now: datetime | None
    ) -> RenderableType:
        colour = COLOURS.get(task.status, "")
        match column.name:
            case "mark":
                return Text(">" if key(task) == self._selected else "", style="bold cyan")
            case "id":
                # Ids that begin alike differ at their ends.
                return Text(formats.cut_on_the_left(short_id, column.cells), style=_QUIET)
            case "status":
                shown = Text(formats.state(self._locale, task), style=colour)
                return shown.append(formats.warnings(self._locale, task), style=_CALM)
            case "name":
                return Text(self._name(task, column.cells), style="bold")
            case "progress":
                return ProgressBar(
                    completed=task.progress.percentage,
                    style=_QUIET,
                    complete_style=colour,
                    finished_style=colour,
                )
            case "percent":
                return Text(formats.percent(task))
            case "rate":
                return Text(formats.rate(task))
            case "elapsed":
                return Text(formats.UNKNOWN if now is None else formats.elapsed(task, now))
            case _:
                if now is None:
                    return Text(formats.UNKNOWN)
                return Text(short_remaining(task, now, self._locale))

    def _name(self, task: Task, cells: int) -> str:
        """A task's name; that of a workflow which stands for its tasks behind a mark."""
        opens = isinstance(task, WorkflowRow) and task is not self._view.workflow
        mark = _OPENS if opens else ""
        return mark + formats.cut_on_the_left(formats.name(task), cells - formats.cells_of(mark))

    def _summary(self, shown: int) -> Iterator[Text]:
        view = self._view
        parts = [
            Text(f"{formats.status(self._locale, status)} {view.counts[status]}", COLOURS[status])
            for status in STATUSES
            if view.counts.get(status)
        ]
        hidden = max(view.total or 0, len(view.tasks)) - shown
        if hidden > 0:
            parts.append(Text(formats.text(self._locale, "more", count=hidden), _QUIET))
        if parts:
            yield Text("  ", no_wrap=True, overflow="ellipsis").join(parts)


def _sized(
    width: int,
    beside: bool,
    ids: Sequence[str],
    locale: Locale,
    shown: Sequence[Task],
    *,
    marked: bool,
) -> list[Column]:
    """The columns that so many cells take, each with its own."""
    columns = [c for c in COLUMNS if width >= c.least and (marked or c.name != "mark")]
    cells = {column.name: column.cells for column in columns}
    if "id" in cells:
        cells["id"] = min(max(map(formats.cells_of, ids)), _WIDEST_ID)
    if "status" in cells:
        cells["status"] = formats.status_cells(locale, shown if width >= _ROOMY else ())
    gaps = len(cells) if beside else len(cells) - 1
    left = width - sum(cells.values()) - gaps
    name = left
    if "progress" in cells:
        name = min(max(int(width * _NAME_PART), _LEAST_NAME), _WIDEST_NAME)
        cells["progress"] = max(min(left - name, _WIDEST_BAR) if beside else left - name, 1)
    cells["name"] = max(name, _LEAST_NAME)
    return [replace(column, cells=cells[column.name]) for column in columns]


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _message(task: Task, locale: Locale, now: datetime | None) -> Text:
    return _line(said(task, now, locale), "red" if task.status == TaskStatus.ERROR else "")


def _has_message(task: Task) -> bool:
    """Whether a task's message gets a line: the task goes on, or ended other than completed."""
    there = formats.message_of(task, "en", None) or task.unknown.get("ahead") is not None
    return bool(there) and task.status != TaskStatus.COMPLETED


def _lines(task: Task, beside: bool) -> int:
    """Lines of the screen that a task's row takes."""
    return 2 if not beside and _has_message(task) else 1


def _fitting(view: View, beside: bool, room: int, selected: str | None) -> list[Task]:
    """As many tasks as so many lines take, the selected one and the most urgent, in their order."""
    chosen: set[str] = set()
    rank = urgency if view.workflow is None else urgency_of_member
    for task in sorted(view.tasks, key=lambda task: (key(task) != selected, rank(task))):
        room -= _lines(task, beside)
        if room < 0:
            break
        chosen.add(key(task))
    return [task for task in view.tasks if key(task) in chosen]
