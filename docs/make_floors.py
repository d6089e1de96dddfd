"""The floors of the library, from tests/floors.py."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import progress_backend
from tests.floors import FLOORS, PURE, read

from .docstrings import first_sentence
from .tables import markdown

PACKAGE: Final = Path(progress_backend.__file__).parent


def table() -> str:
    """From the top down, each package's modules with the first sentence of its docstring."""
    modules = read(PACKAGE)
    rows = []
    for _, rooms in reversed(FLOORS.items()):
        for room in rooms:
            name = f"**{room}**" + (", pure" if room in PURE else "")
            for module in sorted(m for m in modules if m == room or m.startswith(f"{room}.")):
                said = first_sentence(ast.get_docstring(modules[module].tree) or "")
                inside = module.removeprefix(f"{room}.") if module != room else ""
                rows.append((name, f"`{inside}`" if inside else "", said))
                name = ""
    return markdown(("Package", "Module", "What it is"), rows)
