"""Reads docstrings: their text, and what stands under `Args:`, `Attributes:` and `Raises:`."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any, Final

_SECTION: Final = re.compile(r"(Args|Attributes|Raises):")
_ITEM: Final = re.compile(r"    (\S[^:]*): (.*)")

#: A name, or an error, and what is said of it.
Items = list[tuple[str, str]]


@dataclass
class Docstring:
    """A docstring's text as Markdown paragraphs, and the items of its sections."""

    text: str = ""
    args: Items = field(default_factory=list)
    attributes: Items = field(default_factory=list)
    raises: Items = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The first sentence of the text, on one line."""
        return re.split(r"(?<=\.) ", self.text.partition("\n\n")[0].replace("\n", " "))[0]


def read(documented: Any) -> Docstring:
    """The docstring of a class, function or property.

    Raises:
        ValueError: it has none, or a line of a section that is no item.
    """
    written = inspect.getdoc(documented)
    if not written:
        raise ValueError(f"{documented!r} has no docstring")
    said, items, text = Docstring(), None, []
    for line in written.splitlines():
        if section := _SECTION.fullmatch(line):
            items = getattr(said, section[1].lower())
        elif line and not line.startswith("    "):
            items = None
        if section:
            continue
        if items is None:
            text.append(line)
        elif item := _ITEM.fullmatch(line):
            items.append((item[1], item[2]))
        elif line and not items:
            raise ValueError(f"{documented!r}: no item of a section: {line!r}")
        elif line:
            items[-1] = (items[-1][0], f"{items[-1][1]} {line.strip()}")
    said.text = re.sub(r"\n{3,}", "\n\n", "\n".join(text)).strip()
    return said


def field_comments(cls: Any) -> dict[str, str]:
    """The `#:` lines above each field of a dataclass."""
    source = inspect.getsource(cls)
    found = re.findall(r"((?:^    #: .*\n)+)    (\w+):", source, re.MULTILINE)
    return {name: " ".join(re.findall(r"#: (.*)", lines)) for lines, name in found}
