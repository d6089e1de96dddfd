"""`watch` under keys: live bars with a selected row, its log, and what the keys ask for."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from ..errors import ProgressError, TransitionRefused
from ..record.default_texts import Locale
from ..record.model import Task
from . import formats
from .acts import Acts
from .board import MOVING, Board, Wish, pressed, settled
from .keys import Keys
from .task_logs import Log, Tail
from .view import View

if TYPE_CHECKING:
    from .live_bars import Bars

#: Columns from which on the log is shown unasked.
LOG_FROM: Final = 100
#: Keys between two looks that a person can have typed; a pasted text has more, and asks for
#: nothing.
_TYPED: Final = 4
#: Seconds for which a workflow's members are made to follow before the screen goes on.
_CARRY_S: Final = 2.0


class Desk:
    """Draws views and heeds keys; use as a context manager. `page` is the API's address, whose
    pages `o` opens; None where none is known."""

    def __init__(
        self, bars: Bars, keys: Keys, acts: Acts, tail: Tail, locale: Locale, page: str | None
    ) -> None:
        self._bars, self._keys = bars, keys
        self._acts, self._tail = acts, tail
        self._locale = locale
        self._page = page
        self._board = Board(log=bars.columns >= LOG_FROM)
        self._view = View()
        self._log = Log()
        self._opened = ExitStack()

    def show(self, view: View) -> None:
        """Draws a view, and the selected task's log as it is now."""
        self._view = view
        self._board = settled(self._board, view.rows)
        self._read_log()
        self._draw()

    def wait(self, seconds: float) -> None:
        """Heeds keys for so long.

        Raises:
            KeyboardInterrupt: the person leaves.
        """
        end = time.monotonic() + seconds
        while True:
            keys = self._keys.pressed(max(end - time.monotonic(), 0))
            if self._keys.came_back:
                self._keys.came_back = False
                self._bars.anew()
                self._draw()
            if sum(key not in MOVING for key in keys) > _TYPED:
                keys = []
            for key in keys:
                self._press(key)
            if keys:
                self._draw()
            if time.monotonic() >= end:
                return

    def final(self, view: View) -> None:
        """Ends, and leaves the whole view on the screen."""
        self._bars.final(view)

    def _press(self, key: str) -> None:
        before = self._board
        self._board, wish = pressed(before, key, self._view.rows)
        if wish == "quit":
            raise KeyboardInterrupt
        if wish is not None:
            self._board = replace(self._board, said=self._done(wish))
        elif (self._board.selected, self._board.log) != (before.selected, before.log):
            self._log = Log()
            self._read_log()

    def _read_log(self) -> None:
        task = self._selected
        if self._view.trouble is not None:
            return  # what does not answer is asked once an interval
        if self._board.log and task is not None and task is not self._view.workflow:
            self._log = self._tail.of(task.task_id)
        else:
            self._log = Log()

    def _done(self, wish: Wish) -> str:
        """Does what a key asks for; one line of what came of it."""
        task = self._selected
        if task is None:
            return ""
        if wish == "open":
            return self._open(task)
        assert wish != "quit"
        name, text = formats.name(task), formats.text
        try:
            if task is self._view.workflow:
                act_id = self._acts.ask_all(task.task_id, wish)
                if act_id is None:
                    return text(self._locale, "asked_before", name=name)
                self._acts.carry_out(task.task_id, act_id, _CARRY_S)
                return text(self._locale, f"{wish}_asked_of_all", name=name)
            came = self._acts.ask(task.task_id, wish)
        except TransitionRefused as refused:
            standing = formats.status(self._locale, refused.status)
            return text(self._locale, f"{wish}_refused", name=name, status=standing)
        except ProgressError as error:
            return formats.clean(str(error))
        if came.asked in ("pause", "cancel"):
            return text(self._locale, f"{came.asked}_asked", name=name)
        return text(
            self._locale, "is_now", name=name, status=formats.status(self._locale, came.status)
        )

    def _open(self, task: Task) -> str:
        kind = "workflow" if task is self._view.workflow else "task"
        path = f"/{kind}/{quote(task.task_id, safe='')}"
        if self._page is None:
            return formats.text(self._locale, "no_page", path=path)
        address = self._page + path
        opened = _has_browser() and webbrowser.open(address)
        return formats.text(self._locale, "opened", address=address) if opened else address

    def _draw(self) -> None:
        from .desk_screen import DeskScreen  # of rich, which the bars have already

        self._bars.draw(DeskScreen(self._view, self._locale, self._board, self._log))

    @property
    def _selected(self) -> Task | None:
        selected = self._board.selected
        return next((task for task in self._view.rows if task.task_id == selected), None)

    def __enter__(self) -> Self:
        # The terminal's keys are given back last: after the bars.
        self._opened.enter_context(self._keys)
        self._opened.enter_context(self._bars)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def _has_browser() -> bool:
    """Whether a browser would have a window of its own: one for terminals would take this one."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
