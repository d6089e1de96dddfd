"""Makes the README's badges from pyproject.toml: python -m docs.make_badges. No network."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = Path(__file__).with_name("pictures")
_PYTHON: Final = "Programming Language :: Python :: 3."
_PADDING: Final = 7
#: Pixels of a character of the badges' font, which `textLength` stretches to it.
_CHARACTER: Final = 6.6
_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"
 aria-label="{name}: {value}">
  <rect width="{width}" height="20" rx="3" fill="#1f6f43"/>
  <path d="M3 0h{left}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#444"/>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{padding}" y="14" textLength="{name_length}">{name}</text>
    <text x="{value_at}" y="14" textLength="{value_length}">{value}</text>
  </g>
</svg>
"""


def badges() -> Iterator[tuple[Path, str]]:
    """Each badge: its file, and the SVG."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    minors = sorted(
        int(one.removeprefix(_PYTHON)) for one in project["classifiers"] if one.startswith(_PYTHON)
    )
    yield FOLDER / "badge-licence.svg", _svg("licence", project["license"])
    yield FOLDER / "badge-python.svg", _svg("Python", f"3.{minors[0]} – 3.{minors[-1]}")


def _svg(name: str, value: str) -> str:
    name_length, value_length = (round(len(text) * _CHARACTER) for text in (name, value))
    left = name_length + 2 * _PADDING
    return _SVG.format(
        width=left + value_length + 2 * _PADDING,
        left=left - 3,
        padding=_PADDING,
        name=name,
        value=value,
        name_length=name_length,
        value_at=left + _PADDING,
        value_length=value_length,
    )


if __name__ == "__main__":
    for file, svg in badges():
        file.write_text(svg, "utf-8")
