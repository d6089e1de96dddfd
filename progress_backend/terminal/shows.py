"""Chooses where views are shown: live bars, a notebook's cell, or plain lines."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..record.default_texts import Locale
from .lines import Lines

if TYPE_CHECKING:
    from .live_bars import Bars
    from .notebook import Notebook


def show_here(locale: Locale) -> Lines | Bars | Notebook:
    """What fits the place where this process's output goes."""
    if _in_notebook() and find_spec("rich") is not None:
        from .notebook import Notebook

        return Notebook(locale)
    return show_in_terminal(locale)


def show_in_terminal(locale: Locale) -> Lines | Bars:
    """Live bars; lines where the output moves no cursor, or where rich is missing: stderr has a
    line on it."""
    if not _moves_the_cursor():
        return Lines(sys.stdout, locale)
    if find_spec("rich") is None:
        print("live bars need rich: pip install 'progress-backend[cli]'", file=sys.stderr)
        return Lines(sys.stdout, locale)
    from rich.console import Console

    from .live_bars import Bars

    return Bars(Console(), locale)


def _moves_the_cursor() -> bool:
    """Whether the output is a terminal that can draw in place: Windows names none."""
    if not sys.stdout.isatty():
        return False
    named = os.environ.get("TERM", "").lower()
    return sys.platform == "win32" if not named else named not in ("dumb", "unknown")


def _in_notebook() -> bool:
    """Whether this code runs in the kernel of a notebook: its output is a cell."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None
