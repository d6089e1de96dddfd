"""The floors of the library, from tests/floors.py."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import progress_backend
from tests.floors import FLOORS, PURE, read

from .tables import markdown

PACKAGE: Final = Path(progress_backend.__file__).parent


def table(lang: str) -> str:
    """From the top down, each module with the first sentence of its docstring."""
    modules = read(PACKAGE)
    rows = []
    for floor, parts in reversed(FLOORS.items()):
        name = f"**{floor}**" + (", pure" if floor in PURE else "")
        for part in sorted(parts):
            if part in modules:
                said = _first_sentence(ast.get_docstring(modules[part].tree) or "")
                rows.append((name, f"`{part}`", said))
                name = ""
    return markdown(("Floor", "Module", "What it is"), rows)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) ", text.partition("\n\n")[0].replace("\n", " "))[0]
