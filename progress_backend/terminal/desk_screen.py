"""A view under keys: its rows with one selected, the log of that one beside or below them, and a
line that names the keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from ..record.default_texts import Locale
from ..record.model import Task
from . import formats
from .board import Board, selected
from .rows import WorkflowRow
from .screen import Screen
from .source import Line
from .task_logs import Log
from .view import View

#: From this width on the log stands beside the rows, on this part of the width; else below, on
#: this part of the height.
BESIDE_FROM: Final = 160
_BESIDE_PART, _BELOW_PART = 0.42, 0.34
_LEAST_LINES, _MOST_LINES = 3, 16
#: Lines of a terminal below which there is room for the rows alone.
_LEAST_HEIGHT: Final = 10
_QUIET: Final = "bright_black"
_COLOURS: Final = {"warning": "yellow", "error": "red", "critical": "red", "debug": _QUIET}
_HELP: Final = ("select", "into", "pause", "resume", "cancel", "log", "open", "quit", "help")
#: Characters of a key's own in its help.
_KEY: Final = 6
#: Lines that what is said may take: an address is to be copied.
_MOST_SAID: Final = 4
_ADDRESS: Final = re.compile(r"https?://\S+")


class DeskScreen:
    """One view, drawn for whatever size the terminal has at the moment; `note` stands in the keys'
    place."""

    def __init__(self, view: View, locale: Locale, board: Board, log: Log, note: str = "") -> None:
        self._view = view
        self._locale = locale
        self._board = board
        self._log = log
        self._note = note

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, console.height
        foot = list(self._foot(console, width, height))
        height -= len(foot)
        log = self._board.log and bool(self._view.rows) and height >= _LEAST_HEIGHT
        if not log:
            yield self._rows(height)
        elif width >= BESIDE_FROM:
            yield from self._beside(console, options, height)
        else:
            most = max(min(int(height * _BELOW_PART), _MOST_LINES), _LEAST_LINES)
            pane = list(self._pane(most))
            yield self._rows(height - len(pane))
            yield from pane
        yield from foot

    def _rows(self, height: int) -> Screen:
        return Screen(self._view, self._locale, height=height, selected=self._board.selected)

    def _beside(self, console: Console, options: ConsoleOptions, height: int) -> RenderResult:
        """The rows on the left, the log on the right: as high as the rows, or as its lines."""
        right = int(options.max_width * _BESIDE_PART)
        left = options.update(width=options.max_width - right - 2)
        rows = console.render_lines(self._rows(height), left, pad=True)
        most = max(len(rows), min(height - 1, _MOST_LINES))
        pane = [
            console.render_lines(text, options.update(width=right), pad=True)[0]
            for text in self._pane(most)
        ]
        bar, end = Segment("│ ", console.get_style(_QUIET)), Segment.line()
        empty = [Segment(" " * left.max_width)]
        for number in range(max(len(rows), len(pane))):
            yield from rows[number] if number < len(rows) else empty
            yield bar
            yield from pane[number] if number < len(pane) else ()
            yield end

    def _pane(self, lines: int) -> Iterator[Text]:
        """The newest lines of the log under its head."""
        text = formats.text
        task = self._selected
        if task is None:
            return
        name = f"{formats.name(task)} ({formats.short_ids([task.task_id])[0]})"
        yield _line(text(self._locale, "log_of", name=name), _QUIET)
        if self._log.trouble:
            yield _line(formats.clean(self._log.trouble), "red")
            lines -= 1
        if not self._log.lines:
            key = "log_of_workflow" if isinstance(task, WorkflowRow) else "no_log"
            yield _line(text(self._locale, key), _QUIET)
            return
        shown = [one for line in self._log.lines for one in _lines_of(line, self._zone)]
        yield from shown[-(lines - 1) :]

    def _foot(self, console: Console, width: int, height: int) -> Iterator[Text]:
        board, text = self._board, formats.text
        if board.help:
            yield from list(self._help(console, width))[: max(height - _LEAST_HEIGHT, 0)]
        if board.asks and (task := self._selected) is not None:
            key = "sure_workflow" if isinstance(task, WorkflowRow) else "sure"
            yield _line(text(self._locale, key, name=formats.name(task)), "bold yellow")
        elif board.said:
            yield from _folded(console, board.said, width, "bold")[:_MOST_SAID]
        elif self._note:
            yield _line(self._note, "bold red")
        else:
            yield _line(self._keys(width), _QUIET)

    def _help(self, console: Console, width: int) -> Iterator[Text]:
        """What each key does, beside the key."""
        for name in _HELP:
            said = formats.text(self._locale, f"key_{name}")
            key, does = said[:_KEY], said[_KEY:]
            for line in _folded(console, does, width - _KEY - 2):
                yield _line(f"  {key:{_KEY}}").append(line)
                key = ""

    def _keys(self, width: int) -> str:
        """The keys that there is room for."""
        board, text = self._board, formats.text
        keys = [text(self._locale, "keys"), text(self._locale, "keys_short")]
        if board.inside is not None:
            keys = [f"{text(self._locale, 'keys_out')} · {line}" for line in keys] + keys[1:]
        elif board.opens and isinstance(self._selected, WorkflowRow):
            keys = [f"{text(self._locale, 'keys_in')} · {line}" for line in keys] + keys[1:]
        if board.selected is None:
            keys = keys[1:]
        return next((line for line in keys if formats.cells_of(line) <= width), keys[-1])

    @property
    def _selected(self) -> Task | None:
        return selected(self._board, self._view.rows)

    @property
    def _zone(self) -> datetime | None:
        return self._view.at


def _lines_of(line: Line, at: datetime | None) -> Iterator[Text]:
    """A line of a log; what has several lines itself is indented."""
    written = datetime.fromisoformat(line["time"])
    if at is not None:
        written = written.astimezone(at.tzinfo)
    style = _COLOURS.get(line["level"], "")
    first, *more = map(formats.clean, str(line["text"]).splitlines() or [""])
    head = _line("").append(f"{written:%H:%M:%S} ", _QUIET)
    if line["level"] != "info":
        head.append(f"{line['level']} ", style)
    yield head.append(first)
    for text in more:
        yield _line(f"{' ' * 9}{text}")


def _folded(console: Console, said: str, width: int, style: str = "") -> list[Text]:
    """What is said, over as many lines as it takes; an address in it can be opened."""
    if link := _ADDRESS.search(said):
        style = f"{style} link {link[0]}"
    return list(_line(said, style).wrap(console, max(width, 2), no_wrap=False, overflow="fold"))


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
