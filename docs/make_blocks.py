"""Prints the documents' generated blocks from the code: python -m docs.make_blocks [--check].

A block stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. `--check` changes nothing and
exits with 1 if a block is out of date.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from . import (
    make_failures,
    make_keys,
    make_metrics,
    make_python,
    make_reference,
    make_settings,
    make_statuses,
    make_texts,
    make_types,
)

ROOT: Final = Path(__file__).resolve().parent.parent

#: Name of a block -> what prints it.
BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "settings": make_settings.table,
    "diagram": make_statuses.diagram,
    "transitions": make_statuses.table,
    "texts": make_texts.table,
    "message": make_texts.message,
    "api": make_reference.summary,
    "http": make_reference.http,
    "commands": make_reference.commands,
    "failures": make_failures.table,
    "keys": make_keys.table,
    "metrics": make_metrics.table,
    "task-schema": make_types.schema_block,
    "task-types": make_types.types_block,
    "python-names": make_python.names,
    "python-header": make_python.header,
    "python-tree": make_python.tree,
    **{name: partial(make_python.section, name) for name in make_python.SECTIONS},
}

_BLOCK = re.compile(r"(<!-- begin (?P<name>[a-z-]+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL)


def documents() -> list[Path]:
    """Every Markdown file of the project that people read."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def renewed(text: str) -> str:
    """The text with each of its blocks printed anew.

    Raises:
        KeyError: nothing prints a block of that name.
    """

    def block(match: re.Match[str]) -> str:
        printed = BLOCKS[match["name"]]()
        return f"{match[1]}\n{printed.strip()}\n\n{match[3]}"

    return _BLOCK.sub(block, text)


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.make_blocks", description="Print the documents' tables from the code."
    )
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if one is old")
    check = parser.parse_args().check
    old: list[Path] = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        new = renewed(text)
        if new == text:
            continue
        old.append(path)
        if not check:
            path.write_text(new, encoding="utf-8")
    for path in old:
        print(f"{path.relative_to(ROOT)}: {'out of date' if check else 'written'}")
    return 1 if check and old else 0


if __name__ == "__main__":
    sys.exit(main())
