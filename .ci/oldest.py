"""Prints the oldest allowed version of each dependency, one requirement a line."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def oldest(requirement: str) -> str | None:
    """`name[extra]>=1.2,<2` -> `name[extra]==1.2`; None for one without a lower bound."""
    found = re.fullmatch(r"([\w.-]+(?:\[[\w,]+\])?)>=([\w.]+)(?:,.*)?", requirement)
    return None if found is None else f"{found[1]}=={found[2]}"


def main() -> None:
    """Every direct dependency, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for name in extras for one in extras[name])]
    sys.stdout.write("".join(f"{line}\n" for one in wanted if (line := oldest(one))))


if __name__ == "__main__":
    main()
