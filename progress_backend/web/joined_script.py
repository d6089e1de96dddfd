"""A page's script as one ES module, made of those in the folder: one request, where a browser would
ask for each module as it has read the one before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
#: What is loaded once somebody wants it comes along; it runs then.
_LATER: Final = re.compile(r'\bimport\("\./(\w+)\.js"\)')
_EXPORT: Final = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
#: A comment, of whole lines or after code (then without quotes, which a text may end by), and what
#: lines begin with: who reads the modules has it, a browser needs none.
_COMMENT: Final = re.compile(r"^[ \t]*// .*\n|[ \t]+// [^\"'`\n]*$|^[ \t]+", re.MULTILINE)
_HEAD: Final = """const made = {}, part = (name) => (made[name] ??= parts[name]());
const parts = {
"""


def joined_script(entry: str, source: Callable[[str], str]) -> bytes:
    """The script that does what the module `entry` does; `source` is a module's text by its name.

    Each module keeps its own names, and runs once, when one that imports it does.

    Raises:
        ValueError: a module imports or exports in a way that is not known here.
    """
    parts: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in parts:
            text = _COMMENT.sub("", source(name))
            parts[name] = _part(name, text)
            waiting += [found[2] for found in _IMPORT.finditer(text)]
            waiting += _LATER.findall(text)
    # In brackets a function is read once, together with the script, and not again as it is called.
    body = "".join(f"{name}: (() => {{\n{part}}}),\n" for name, part in parts.items())
    return f'{_HEAD}{body}}};\npart("{entry}");\n'.encode()


def _part(name: str, text: str) -> str:
    """A module as the body of a function that returns what it exports."""
    exported = ", ".join(found[2] for found in _EXPORT.finditer(text))
    text = _IMPORT.sub(_taken, text)
    text = _LATER.sub(r'Promise.resolve().then(() => part("\1"))', text)
    text = _EXPORT.sub(r"\1 \2", text)
    if left := _LEFT.search(text):
        raise ValueError(f"{name}.js: {left[0]!r} cannot be joined to the others")
    return f"{text}return {{ {exported} }};\n"


def _taken(found: re.Match[str]) -> str:
    names = found[1].replace(" as ", ": ")
    return f'const {{{names}}} = part("{found[2]}");\n'
