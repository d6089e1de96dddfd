"""Views in a cell of a notebook (Jupyter), each in the place of the last one."""

from __future__ import annotations

from importlib import import_module
from io import StringIO
from typing import Any, Final, Self

from rich.console import Console

from ..record.default_texts import Locale
from .screen import Screen
from .view import View

#: Columns of a cell; a narrower window scrolls.
_COLUMNS: Final = 110
_FRAME: Final = (
    '<pre style="overflow-x:auto;line-height:normal;white-space:pre;'
    "font-family:Menlo,'DejaVu Sans Mono',consolas,'Courier New',monospace\">{code}</pre>"
)


class Notebook:
    """Shows views in the cell that runs, as rich draws them."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale
        self._cell: Any = None
        self._shown: dict[str, str] = {}

    def show(self, view: View) -> None:
        """Shows a view in the place of the last one."""
        data = self._drawn(view)
        if data == self._shown:
            return
        self._shown = data
        if self._cell is None:
            display = import_module("IPython.display").display
            self._cell = display(data, raw=True, display_id=True)
        else:
            self._cell.update(data, raw=True)

    #: Shows the last view.
    final = show

    def _drawn(self, view: View) -> dict[str, str]:
        console = Console(
            record=True, width=_COLUMNS, file=StringIO(), force_terminal=True,
            force_jupyter=False, color_system="truecolor", legacy_windows=False,
        )  # fmt: skip
        console.print(Screen(view, self._locale, whole=True))
        text = console.export_text(clear=False)
        html = console.export_html(inline_styles=True, code_format=_FRAME)
        return {"text/plain": text, "text/html": html}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return
