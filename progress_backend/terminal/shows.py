"""Where views are shown: live bars, a notebook's cell, or plain lines, for a log, a pipe or a
terminal without rich."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from datetime import datetime
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING

from ..record.default_texts import Locale
from ..record.local_time import moment
from . import formats
from .rows import RecordRow, View

if TYPE_CHECKING:
    from .bars import Bars, Notebook

#: A running task gets another line after so many percent more: about ten lines a run.
STEP_PERCENT = 10


class Lines(AbstractContextManager["Lines"]):
    """Prints one line for each change: a new status, a new run or a retry that waits, ten percent
    more."""

    def __init__(self, out: IO[str], locale: Locale) -> None:
        self._out = out
        self._locale = locale
        self._shown: dict[str, tuple[object, ...]] = {}
        self._trouble = ""
        self._begun = False

    def show(self, view: View) -> None:
        """Prints what has changed since the last view."""
        why = "" if view.trouble is None else formats.clean(str(view.trouble))
        if why and why != self._trouble:
            self._print(f"{formats.trouble(view, self._locale)} ({why})")
        self._trouble = why
        if not view.rows and not view.trouble and not self._begun:
            self._print(formats.text(self._locale, "empty"))
        self._begun = True
        before = self._shown
        # Only the view's tasks are kept, so that the memory is as bounded as the view.
        self._shown = {row.key: _what(row) for row in view.rows}
        for row in view.rows:
            if before.get(row.key) != self._shown[row.key]:
                self._print(line(row, view.now, self._locale))
                for link in formats.links(row, view.now, self._locale):
                    self._print(f"  {link}")

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    #: Prints the last view's changes; earlier lines stay.
    final = show

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""


def line(row: RecordRow, now: datetime, locale: Locale) -> str:
    """A task on one line: time, status, values, type, message, id."""
    at = row.updated_at or row.created_at
    label, left = "eta", formats.remaining(row, now, locale)
    if row.ended:
        label, left = "elapsed", formats.elapsed(row, now)
    if left in (formats.UNKNOWN, formats.text(locale, "no_estimate")):
        left = ""
    parts = [
        f"{moment(at).astimezone(now.tzinfo):%H:%M:%S}" if at else "",
        formats.padded(formats.standing(locale, row), formats.status_cells(locale)),
        formats.percent(row),
        formats.rate(locale, row),
        left and f"{formats.text(locale, label)} {left}",
        formats.name(row),
        formats.message(row, now, locale),
        row.task_id,
    ]
    return "  ".join(part for part in parts if part not in ("", formats.UNKNOWN))


def _what(row: RecordRow) -> tuple[object, ...]:
    step = row.is_over() if row.ended else int(row.progress.percentage // STEP_PERCENT)
    run = row.attempt, row.retries
    return row.status, row.requested, run, row.created_at, row.links, step


def show_here(locale: Locale) -> Lines | Bars | Notebook:
    """What fits the place where this process's output goes: the kernel of a notebook has a cell."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is not None and find_spec("rich") is not None:
        from .bars import Notebook

        return Notebook(locale)
    return show_in_terminal(locale)


def show_in_terminal(locale: Locale) -> Lines | Bars:
    """Live bars; lines where the output moves no cursor, or where rich is missing: stderr has a
    line on it."""
    if not sys.stdout.isatty():
        return Lines(sys.stdout, locale)
    if find_spec("rich") is None:
        print("live bars need rich: pip install 'progress-backend[cli]'", file=sys.stderr)
        return Lines(sys.stdout, locale)
    from rich.console import Console

    from .bars import Bars

    console = Console()
    return Lines(sys.stdout, locale) if console.is_dumb_terminal else Bars(console, locale)
