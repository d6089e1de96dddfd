"""Chooses where views are shown: live bars, a notebook's cell, or plain lines."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..record.default_texts import Locale
from .lines import Lines

if TYPE_CHECKING:
    from .live_bars import Bars
    from .notebook import Notebook


def show_here(locale: Locale) -> Lines | Bars | Notebook:
    """What fits the place where this process's output goes: the kernel of a notebook has a cell."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is not None and find_spec("rich") is not None:
        from .notebook import Notebook

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

    from .live_bars import Bars

    console = Console()
    return Lines(sys.stdout, locale) if console.is_dumb_terminal else Bars(console, locale)
