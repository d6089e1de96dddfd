"""A view under keys: a head, its rows with one selected, the log of that one below them, and a line
that names the keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ..record.default_texts import Locale
from . import formats
from .rows import RecordRow, View
from .screen import COLOURS, QUIET, Screen, line_of
from .source import Body
from .watch_state import FOLD, WatchState, selected

#: The part of the height that the log takes.
_LOG_PART: Final = 0.34
_LEAST_LINES, _MOST_LINES = 3, 16
#: Lines of a terminal below which there is room for the rows alone.
_LEAST_HEIGHT: Final = 10
#: Lines that an answer may take: an address is to be copied.
_ANSWER_LINES: Final = 4
#: One task in full: its facts, and what happened to it, newest first.
Case = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class AppScreen:
    """One view, drawn for whatever size the terminal has at the moment."""

    view: View
    locale: Locale
    state: WatchState
    log: Sequence[Body] = ()
    case: Case = ((), ())
    #: Where the store or API is, for people.
    address: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, console.height
        foot = list(self._foot(console, width, height))
        head = _packed(self._head(), width, "  ")[: max(height - 2, 0) // 7]  # the rest is for rows
        height -= len(foot) + len(head)
        yield from head
        # An empty log leaves its place to the rows.
        if not self.log or height < _LEAST_HEIGHT:
            yield from self._upper(height)
        else:
            most = max(min(int(height * _LOG_PART), _MOST_LINES), _LEAST_LINES)
            pane = list(self._pane(most))
            yield from self._upper(height - len(pane))
            yield from pane
        yield from foot

    def _upper(self, height: int) -> Iterator[Screen | Text]:
        """The rows; or the selected task in full, cut to the height."""
        (facts, happened), room = self.case, max(height - 1, 2)  # without the cursor's line
        if not facts:
            # Those of the store stand in the head.
            view = self.view if self.view.workflow else replace(self.view, counts={})
            yield Screen(view, self.locale, height=height, state=self.state)
        facts = facts[: max(room - len(happened), room // 2)]
        for line in (*facts, *happened[: room - len(facts)]):
            yield line_of(line)

    def _head(self) -> Iterator[Text]:
        """What is wrong, living workers, tasks by status, and the store: the most urgent first."""
        locale, found = self.locale, self.view.workers
        for name in ("stalled", "late", "failed_last_hour"):
            if many := found.get(name):
                word = formats.word(locale, name)
                yield Text(f"{word} {many:,}", "bold red" if name[0] == "f" else "bold yellow")
        if found:
            live = sum(worker["live"] for worker in found["workers"])
            yield Text(formats.text(locale, "workers_of", total=live), "" if live else "bold red")
        for status, colour in COLOURS.items():
            if self.view.workflow is None and (count := self.view.counts.get(status)):
                yield Text(f"{formats.word(locale, status)} {count:,}", colour)
        if sentence := formats.done_by(self.view, locale):
            yield Text(sentence, QUIET)
        yield Text(self.address, QUIET)

    def _pane(self, lines: int) -> Iterator[Text]:
        """The newest lines of the log under its head."""
        if (task := self._selected) is None:
            return
        name = f"{formats.name(task)} ({formats.short_ids([task.task_id])[0]})"
        yield line_of(formats.text(self.locale, "log_of", name=name), QUIET)
        shown = [one for line in self.log for one in _lines_of(line, self.view.now)]
        yield from shown[-(lines - 1) :]

    def _foot(self, console: Console, width: int, height: int) -> Iterator[Text]:
        state, text = self.state, formats.text
        if state.types or state.search or state.status:
            yield line_of(self._chosen(), "bold")
        if state.asks and (task := self._selected) is not None:
            whole = task.workflow_id and state.asks == "cancel"
            key = "sure_workflow" if whole else f"sure_{state.asks}"
            yield line_of(text(self.locale, key, name=formats.name(task)), "bold yellow")
        elif state.answer:
            answer = line_of(state.answer, "bold")
            lines = answer.wrap(console, max(width, 2), no_wrap=False, overflow="fold")
            yield from lines[:_ANSWER_LINES]
        elif not state.types:
            yield from self._keys(width)[: max(height - _LEAST_HEIGHT, 1) if state.help else 1]

    def _chosen(self) -> str:
        """What chooses the rows: "status: error · /7203"."""
        state, text = self.state, formats.text
        status = f"{text(self.locale, 'status')}: {formats.word(self.locale, state.status)}"
        search = f"/{state.search}{'_' if state.types else ''}"
        shown = [status] if state.status else []
        shown += [search] if state.search or state.types else []
        return " · ".join([*shown, text(self.locale, "keys_search" if state.types else "keys_all")])

    def _keys(self, width: int) -> list[Text]:
        """All keys, as many on a line as it has room for."""
        state, text = self.state, formats.text
        first, *keys = text(self.locale, "keys").split(" · ")
        row = self._selected
        if row is not None and row.key == FOLD:
            keys.insert(0, text(self.locale, "keys_waiting"))
        elif row is not None and not (state.case or row.workflow_id):
            keys.insert(0, text(self.locale, "keys_case"))
        if state.inside is not None or state.case or state.unfolded:
            keys.insert(0, text(self.locale, "keys_out"))
        elif state.opens and row is not None and row.workflow_id:
            keys.insert(0, text(self.locale, "keys_in"))
        return _packed((Text(key, QUIET) for key in (first, *keys)), width, " · ")

    @property
    def _selected(self) -> RecordRow | None:
        return selected(self.state, self.view.rows)


def _packed(parts: Iterable[Text], width: int, gap: str) -> list[Text]:
    """The parts, as many on a line as it has room for."""
    lines = list[Text]()
    for part in parts:
        if lines and lines[-1].cell_len + len(gap) + part.cell_len <= width:
            lines[-1].append(gap, QUIET).append_text(part)
        else:
            lines.append(line_of("").append_text(part))
    return lines


def _lines_of(line: Body, now: datetime) -> Iterator[Text]:
    """A line of a log; what has several lines itself is indented."""
    written = datetime.fromisoformat(line["time"]).astimezone(now.tzinfo)
    style = formats.LEVELS.get(line["level"], "")
    first, *more = map(formats.clean, str(line["text"]).splitlines() or [""])
    head = line_of("").append(f"{written:%H:%M:%S} ", QUIET)
    if line["level"] != "info":
        head.append(f"{line['level']} ", style)
    yield head.append(first)
    for text in more:
        yield line_of(f"{' ' * 9}{text}")
