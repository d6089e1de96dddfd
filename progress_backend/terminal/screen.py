"""How a view looks at a given size: as many columns as the width takes, rows as the height."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..catalogue import Locale
from ..model import STATUSES, Task, TaskStatus
from . import words
from .lines import trouble
from .view import View, telling

COLOURS: Final = {
    TaskStatus.CREATED: "bright_black",
    TaskStatus.RUNNING: "cyan",
    TaskStatus.PAUSED: "yellow",
    TaskStatus.COMPLETED: "green",
    TaskStatus.ERROR: "red",
    TaskStatus.CANCELLED: "magenta",
}
_QUIET: Final = "bright_black"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: cells it takes, and the least width of a terminal that shows it."""

    name: str
    cells: int
    least: int = 0
    justify: Literal["left", "right"] = "left"


#: In cells; all but the bar, which takes what is left.
COLUMNS: Final = (
    Column("status", 9),
    Column("type", 12, 72),
    Column("symbol", 8, 44),
    Column("progress", 0, 56),
    Column("percent", 6, 0, "right"),
    Column("rate", 7, 36, "right"),
    Column("elapsed", 7, 80, "right"),
    Column("eta", 7, 28, "right"),
)
#: From this width on a message has a column of its own; below, a line under its task.
MESSAGE_BESIDE: Final = 120
_WIDEST_BAR: Final = 20
#: Lines of the screen that are not rows: the table's head, the summary, the cursor's line.
_AROUND: Final = 3


class Screen:
    """One view, drawn for whatever size the terminal has at the moment.

    `heading` stands above it. `whole` draws all rows, even if they are more than the screen takes.
    """

    def __init__(
        self, view: View, locale: Locale, heading: Sequence[str] = (), *, whole: bool = False
    ) -> None:
        self._view = view
        self._locale = locale
        self._heading = heading
        self._whole = whole

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view, width = self._view, options.max_width
        around = [_line(text) for text in self._heading]
        if view.trouble is not None:
            around.append(_line(trouble(view, self._locale), "bold red"))
            around.append(_line(words.clean(view.trouble), "red"))
        elif not view.tasks:
            around.append(_line(words.text(self._locale, "empty"), _QUIET))
        yield from around
        beside = width >= MESSAGE_BESIDE
        room = max(console.height - len(around) - _AROUND, 2)
        shown = view.tasks if self._whole else _fitting(view.tasks, beside, room)
        if shown:
            yield from self._rows(shown, width, beside)
        yield from self._summary(len(shown))

    def _rows(self, shown: Sequence[Task], width: int, beside: bool) -> Iterator[RenderableType]:
        columns = [column for column in COLUMNS if width >= column.least]
        table = self._table(columns, width, beside, head=True)
        for task in shown:
            now = self._view.at or task.updated_at
            cells = [self._cell(column.name, task, now) for column in columns]
            table.add_row(*cells, *([_message(task)] if beside else []))
            if not beside and _speaks(task):
                yield table
                yield _line("  └ ", _QUIET) + _message(task)
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
        left = width - sum(column.cells + 1 for column in columns)
        for column in columns:
            table.add_column(
                words.text(self._locale, column.name),
                width=column.cells or (min(left, _WIDEST_BAR) if beside else left),
                justify=column.justify,
                no_wrap=True,
                overflow="ellipsis",
            )
        if beside:
            title = words.text(self._locale, "message")
            table.add_column(title, ratio=1, no_wrap=True, overflow="ellipsis")
        return table

    def _cell(self, name: str, task: Task, now: datetime | None) -> RenderableType:
        colour = COLOURS.get(task.status, "")
        match name:
            case "status":
                return Text(words.status(self._locale, task.status), style=colour)
            case "type":
                return Text(words.clean(task.task_type))
            case "symbol":
                return Text(words.clean(task.symbol or words.UNKNOWN), style="bold")
            case "progress":
                return ProgressBar(
                    completed=task.progress.percentage,
                    style=_QUIET,
                    complete_style=colour,
                    finished_style=colour,
                )
            case "percent":
                return Text(words.percent(task))
            case "rate":
                return Text(words.rate(task))
            case "elapsed":
                return Text(words.UNKNOWN if now is None else words.elapsed(task, now))
            case _:
                return Text(words.UNKNOWN if now is None else words.eta(task, now))

    def _summary(self, shown: int) -> Iterator[Text]:
        view = self._view
        parts = [
            Text(f"{words.status(self._locale, status)} {view.counts[status]}", COLOURS[status])
            for status in STATUSES
            if view.counts.get(status)
        ]
        hidden = max(view.total, len(view.tasks)) - shown
        if hidden > 0:
            parts.append(Text(words.text(self._locale, "more", count=hidden), _QUIET))
        if parts:
            yield Text("  ", no_wrap=True, overflow="ellipsis").join(parts)


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _message(task: Task) -> Text:
    return _line(words.told(task), "red" if task.status == TaskStatus.ERROR else "")


def _speaks(task: Task) -> bool:
    """Whether a message is worth a line: its task goes on, or ended otherwise than it should."""
    return bool(words.told(task)) and task.status != TaskStatus.COMPLETED


def _fitting(tasks: Sequence[Task], beside: bool, room: int) -> list[Task]:
    """As many tasks as so many lines take, the most telling ones, in their order."""
    chosen: set[str] = set()
    for task in sorted(tasks, key=telling):
        room -= 2 if not beside and _speaks(task) else 1
        if room < 0:
            break
        chosen.add(task.task_id)
    return [task for task in tasks if task.task_id in chosen]
