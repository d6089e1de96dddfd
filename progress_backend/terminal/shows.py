"""Chooses where views are shown: live bars, a notebook's cell, or plain lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..record.default_texts import Locale
from .lines import Lines
from .notebook import Notebook, in_notebook

if TYPE_CHECKING:
    from .live_bars import Bars


def show_in_terminal(locale: Locale, *, plain: bool) -> Lines | Bars:
    """Live bars; lines where they are asked for, where the terminal moves no cursor, or where rich
    is missing, which is said on stderr."""
    plain = plain or not _moves_the_cursor(os.environ)
    if not plain and find_spec("rich") is None:
        print("live bars need rich: pip install 'progress-backend[cli]'", file=sys.stderr)
        plain = True
    if plain:
        return Lines(sys.stdout, locale)
    from rich.console import Console

    from .live_bars import Bars

    return Bars(Console(), locale)


def _moves_the_cursor(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is one that can draw in place: Windows names none."""
    named = environ.get("TERM", "").lower()
    return sys.platform == "win32" if not named else named not in ("dumb", "unknown")


def show_here(locale: Locale) -> Lines | Bars | Notebook:
    """What fits the place where this process's output goes."""
    if in_notebook():
        return Notebook(locale)
    return show_in_terminal(locale, plain=not sys.stdout.isatty())
