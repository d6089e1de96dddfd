"""Live bars, drawn in place with rich (extra `cli`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.live import Live

from ..catalogue import Locale
from .screen import Screen
from .view import View


class Bars:
    """Draws views in place; use as a context manager. `heading` stands above them."""

    def __init__(self, console: Console, locale: Locale, heading: Sequence[str] = ()) -> None:
        self._console = console
        self._locale = locale
        self._heading = heading
        self._live = Live(console=console, auto_refresh=False)

    def show(self, view: View) -> None:
        """Draws a view in the place of the last one."""
        self._live.update(Screen(view, self._locale, self._heading), refresh=True)

    def final(self, view: View) -> None:
        """Ends, and leaves the whole view on the screen, however long it is."""
        self._live.transient = True
        self._live.stop()
        self._console.print(Screen(view, self._locale, self._heading, whole=True))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
