"""Views in a cell of a notebook (Jupyter), each in the place of the last one."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Self

from ..record.default_texts import Locale
from .screen import Screen
from .view import View


class Notebook:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return
