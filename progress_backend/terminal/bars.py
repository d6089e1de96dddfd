"""Live bars, drawn in place with rich (extra `cli`): in a terminal, or in a notebook's cell."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any, Self

from rich.console import Console, ConsoleRenderable
from rich.live import Live

from ..record.default_texts import Locale
from .rows import View
from .screen import Screen


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Lets Ctrl-C come behind what is drawn: within, it would leave a second screen below."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Bars:
    """Draws views in place; use as a context manager."""

    def __init__(self, console: Console, locale: Locale) -> None:
        self._console = console
        self._locale = locale
        self._live = Live(console=console, auto_refresh=False)
        self._size = console.size

    @property
    def columns(self) -> int:
        """The terminal's width in cells."""
        return self._console.width

    def show(self, view: View) -> None:
        """Draws a view in the place of the last one."""
        self.draw(Screen(view, self._locale))

    def draw(self, screen: ConsoleRenderable) -> None:
        """Draws a screen in the place of the last one."""
        if self._console.size != self._size:
            # The terminal has wrapped its lines: everything is drawn again.
            self._size = self._console.size
            self._console.clear()
        with _uninterrupted():
            self._live.update(screen, refresh=True)

    def restart(self) -> None:
        """Draws the next screen below whatever others have written meanwhile."""
        self._live.stop()
        self._live = Live(console=self._console, auto_refresh=False)
        self._live.start()

    def final(self, view: View) -> None:
        """Ends, and leaves the whole view on the screen, however long it is."""
        self._live.transient = True
        self._live.stop()
        self._console.print(Screen(view, self._locale, whole=True))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


class Notebook(AbstractContextManager["Notebook"]):
    """Shows views in the cell that runs; rich draws them (`Screen._repr_mimebundle_`)."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale
        self._cell: Any = None

    def show(self, view: View) -> None:
        """Shows a view in the place of the last one."""
        screen = Screen(view, self._locale, whole=True)
        if self._cell is None:
            self._cell = import_module("IPython.display").display(screen, display_id=True)
        else:
            self._cell.update(screen)

    #: Shows the last view.
    final = show

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""
