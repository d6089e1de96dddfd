"""Layout of a view at a terminal's size: as many columns as the width takes, rows as the height."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rich.align import AlignMethod
from rich.console import Console, ConsoleOptions, RenderResult
from rich.jupyter import JupyterMixin
from rich.text import Text

from ..record.default_texts import Locale
from ..record.model import STATUSES, TaskStatus
from . import formats
from .printing import CELLS
from .rows import RecordRow, View
from .watch_state import FOLD, WatchState

COLOURS: Final = {
    TaskStatus.CREATED: "bright_black",
    TaskStatus.RUNNING: "cyan",
    TaskStatus.PAUSED: "yellow",
    TaskStatus.COMPLETED: "green",
    TaskStatus.ERROR: "red",
    TaskStatus.CANCELLED: "magenta",
}
QUIET: Final = "bright_black"
#: Before the name of a workflow that is shown without its tasks.
_OPENS: Final = "▸ "
#: What is chosen where there are no keys.
_PLAIN: Final = WatchState()
#: Of a warning, which is no failure.
_CALM: Final = "yellow"


class Column(NamedTuple):
    """One column: cells it takes, and the least width of a terminal that shows it."""

    cells: int
    least: int = 0
    align: AlignMethod = "left"


#: Widths in cells; 0 is computed: of id, status and rate from their texts, of name and bar from the
#: terminal's width.
COLUMNS: Final[Mapping[str, Column]] = {
    "mark": Column(1),
    "id": Column(0, 72),
    "status": Column(0, 24),
    "name": Column(0),
    "progress": Column(0, 60),
    "percent": Column(6, 0, "right"),
    "rate": Column(0, 64, "right"),
    "elapsed": Column(7, 88, "right"),
    "eta": Column(7, 40, "right"),
}
#: A name takes what it needs within these bounds, and leaves a bar so much.
_LEAST_NAME, _WIDEST_NAME, _LEAST_BAR = 4, 48, 10
_WIDEST_ID, _WIDEST_RATE = 13, 14
#: From this width on status and time left have room for each of their texts; below, some are cut.
_ROOMY: Final = 60
#: Lines of the screen that are not rows: the table's head, the summary, the cursor's line.
_AROUND: Final = 3


@dataclass(frozen=True, slots=True)
class Screen(JupyterMixin):
    """One view, drawn for whatever size the terminal has at the moment.

    `whole` draws all rows, even if they are more than the screen takes. `height` is that of its
    part of the terminal, None for all of it; the row that the state has selected is shown whatever
    the height: with the rows around it where it scrolls, else with the first.
    """

    view: View
    locale: Locale
    whole: bool = False
    height: int | None = None
    state: WatchState = _PLAIN

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        view, around = self.view, list[Text]()
        if view.trouble is not None:
            around.append(line_of(formats.trouble(view, self.locale), "bold red"))
            around.append(line_of(formats.clean(str(view.trouble)), "red"))
        elif not view.rows and view.at is not None:
            empty = "no_match" if self.state.search or self.state.status else "empty"
            around.append(line_of(formats.text(self.locale, empty), QUIET))
        yield from around
        first = view.rows[: len(view.rows) - len(view.tasks)]
        room = max((self.height or console.height) - len(around) - _AROUND, 2)
        room -= sum(_lines(view, task) for task in first)
        fitting = _around if self.state.scrolls else _fitting
        shown = view.tasks if self.whole else fitting(view, room, self.state.selected)
        if rows := [*first, *shown]:
            yield from self._rows(rows, options.max_width)
        yield from self._summary(len(shown))

    def _rows(self, shown: Sequence[RecordRow], width: int) -> Iterator[Text]:
        ids = formats.short_ids([task.task_id for task in shown])
        widest = max(formats.cells_of(self._name(task, width)) for task in shown)
        marked = self.state.selected is not None
        ends = [formats.remaining(task, self.view.now, self.locale) for task in shown]
        cells = _sized(width, ids, widest, self.locale, shown, ends, marked=marked)
        yield _row(cells, [Text(self._head(name)) for name in cells], QUIET)
        for task, short_id in zip(shown, ids, strict=True):
            if task.key == FOLD:
                mark = Text("> " if task.key == self.state.selected else "  ", "bold cyan")
                yield mark + line_of(f"{_OPENS}{formats.name(task)}", COLOURS[TaskStatus.CREATED])
                continue
            yield _row(cells, [self._cell(name, cells[name], task, short_id) for name in cells])
            if text := _message(self.view, task, self.locale):
                style = "red" if task.status == TaskStatus.ERROR else ""
                yield line_of("  └ ", QUIET) + line_of(text, style)
            for link in formats.links(task, self.view.now, self.locale):
                yield Text(f"  └ {link}", QUIET)  # not cut: an address is of use only as a whole

    def _head(self, name: str) -> str:
        return formats.text(self.locale, name) + ("▾" if name == self.state.sort else "")

    def _cell(self, name: str, cells: int, task: RecordRow, short_id: str) -> Text:
        colour = COLOURS.get(task.status, "")
        match name:
            case "mark":
                return Text(">" if task.key == self.state.selected else "", style="bold cyan")
            case "id":
                # Ids that begin alike differ at their ends.
                return Text(formats.cut(short_id, cells), style=QUIET)
            case "status":
                shown = Text(formats.state(self.locale, task), style=colour)
                return shown.append(formats.warnings(self.locale, task), style=_CALM)
            case "name":
                return Text(self._name(task, cells), style="bold")
            case "progress":
                done = int(cells * task.progress.percentage / 100)
                return Text("━" * done, style=colour).append("─" * (cells - done), style=QUIET)
        return Text(CELLS[name](task, self.view.now, self.locale))

    def _name(self, task: RecordRow, cells: int) -> str:
        """A task's name; that of a workflow which stands for its tasks behind a mark."""
        opens = task.workflow_id and task is not self.view.workflow
        mark = _OPENS if opens else ""
        return mark + formats.cut(formats.name(task), cells - formats.cells_of(mark))

    def _summary(self, shown: int) -> Iterator[Text]:
        view = self.view
        parts = [
            Text(f"{formats.word(self.locale, status)} {view.counts[status]}", COLOURS[status])
            for status in STATUSES
            if view.counts.get(status)
        ]
        hidden = max(view.total or 0, len(view.tasks)) - shown
        if hidden > 0:
            parts.append(Text(formats.text(self.locale, "more", count=hidden), QUIET))
        if parts:
            yield Text("  ", no_wrap=True, overflow="ellipsis").join(parts)


def _sized(
    width: int,
    ids: Sequence[str],
    widest: int,
    locale: Locale,
    shown: Sequence[RecordRow],
    ends: Sequence[str],
    *,
    marked: bool,
) -> dict[str, int]:
    """The columns that so many cells take, each with its own; names have `widest` at most."""
    cells = {
        name: column.cells
        for name, column in COLUMNS.items()
        if width >= column.least and (marked or name != "mark")
    }
    if "id" in cells:
        cells["id"] = min(max(map(formats.cells_of, ids)), _WIDEST_ID)
    if "status" in cells:
        cells["status"] = formats.status_cells(locale, shown if width >= _ROOMY else ())
    if "rate" in cells:
        rates = (formats.text(locale, "rate"), *(formats.rate(locale, task) for task in shown))
        cells["rate"] = min(max(map(formats.cells_of, rates)), _WIDEST_RATE)
    if width >= _ROOMY:
        cells["eta"] = max(cells["eta"], *map(formats.cells_of, ends))
    name = left = width - sum(cells.values()) - (len(cells) - 1)
    if "progress" in cells:
        name = max(min(widest, left - _LEAST_BAR, _WIDEST_NAME), _LEAST_NAME)
        cells["progress"] = max(left - name, 1)
    cells["name"] = max(name, _LEAST_NAME)
    return cells


def _row(cells: Mapping[str, int], row: Sequence[Text], style: str = "") -> Text:
    """A row, each of its cells as wide as its column."""
    for (name, width), cell in zip(cells.items(), row, strict=True):
        cell.truncate(width, overflow="ellipsis")
        cell.align(COLUMNS[name].align, width)
    line = Text(" ", style, no_wrap=True, overflow="ellipsis").join(row)
    line.stylize_before(style)
    return line


def line_of(text: str, style: str = "") -> Text:
    """A text on one line, cut where the terminal ends."""
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _message(view: View, task: RecordRow, locale: Locale) -> str:
    """The message that has a line: of a task that goes on, or ended other than completed."""
    return "" if task.status == TaskStatus.COMPLETED else formats.message(task, view.now, locale)


def _lines(view: View, task: RecordRow) -> int:
    """Lines of the screen that a task's row takes."""
    return (2 if _message(view, task, "en") else 1) + len(task.links)


def _fitting(view: View, room: int, selected: str | None) -> list[RecordRow]:
    """As many tasks as so many lines take, the selected one and the first, in their order."""
    chosen: set[str] = set()
    for task in sorted(view.tasks, key=lambda task: task.key != selected):
        room -= _lines(view, task)
        if room < 0:
            break
        chosen.add(task.key)
    return [task for task in view.tasks if task.key in chosen]


def _around(view: View, room: int, selected: str | None) -> list[RecordRow]:
    """As many tasks as so many lines take, the selected one in their middle."""
    tasks = view.tasks
    first = next((n for n, task in enumerate(tasks) if task.key == selected), 0)
    last, room = first, room - sum(_lines(view, task) for task in tasks[first : first + 1])
    grown = True
    while grown:
        grown = False
        for at in (first - 1, last + 1):
            if 0 <= at < len(tasks) and (lines := _lines(view, tasks[at])) <= room:
                first, last, room, grown = min(first, at), max(last, at), room - lines, True
    return list(tasks[first : last + 1])
