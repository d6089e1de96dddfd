"""The Lua scripts, each by the name of its file, called by its SHA-1 (EVALSHA).

A script's header names its KEYS and ARGV, one a line, and these names are its first locals; where
more follow ("…"), `keys` and `args` are the numbers of the named ones. A file whose name begins
with "_" is a part: it stands before the scripts that call its function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha1
from importlib.resources import files
from operator import itemgetter
from typing import Any, Final, NamedTuple

from ..call import Request

_SECTION: Final = r"^{}\n((?:  .*\n)*)"
_NAME: Final = re.compile(r"^  ([a-z]\w*)", re.MULTILINE)


class Script(NamedTuple):
    """A script's text, the SHA-1 that EVALSHA calls it by, and the names in its header; and what
    takes the values of a mapping in the order of these."""

    text: str
    sha: str
    keys: tuple[str, ...]
    args: tuple[str, ...]
    keys_in_order: Callable[[Mapping[str, str]], tuple[str, ...]]
    args_in_order: Callable[[Mapping[str, Any]], tuple[Any, ...]]


def _names(section: str, text: str) -> tuple[str, ...]:
    found = re.search(_SECTION.format(section), text, re.MULTILINE)
    return () if found is None else tuple(_NAME.findall(found[1]))


def _locals(keys: tuple[str, ...], args: tuple[str, ...]) -> str:
    """The line that gives a script's keys and arguments their names."""
    values = [*(f"KEYS[{i}]" for i in range(1, len(keys) + 1))]
    values += [f"ARGV[{i}]" for i in range(1, len(args) + 1)]
    named = f"local {', '.join((*keys, *args))} = {', '.join(values)}\n" if values else ""
    return f"{named}local keys, args = {len(keys)}, {len(args)}\n"


def _parts(text: str, parts: Mapping[str, str]) -> str:
    """The parts that a text calls, each after those that it calls itself."""
    found = dict[str, str]()

    def add(text: str) -> None:
        for name, part in parts.items():
            if re.search(rf"\b{name}\(", text) and name not in found:
                add(part.replace(f"function {name}(", ""))
                found[name] = part

    add(text)
    return "".join(found.values())


def _in_order(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: tuple(given[name] for name in names)


def _read() -> dict[str, Script]:
    texts = {
        file.name.removesuffix(".lua"): file.read_text(encoding="utf-8")
        for file in files(__name__).iterdir()
        if file.name.endswith(".lua")
    }
    parts = {name[1:]: text for name, text in sorted(texts.items()) if name.startswith("_")}
    scripts = {}
    for name, text in texts.items():
        if not name.startswith("_"):
            keys, args = _names("KEYS", text), _names("ARGV", text)
            whole = _parts(text, parts) + _locals(keys, args) + text
            sha = sha1(whole.encode(), usedforsecurity=False).hexdigest()
            scripts[name] = Script(whole, sha, keys, args, _in_order(keys), _in_order(args))
    return scripts


SCRIPTS: Final = _read()


def script(
    name: str,
    keys: Mapping[str, str],
    args: Mapping[str, Any],
    more_keys: Iterable[str] = (),
    more: Iterable[Any] = (),
) -> Request:
    """The request that calls a script, with its keys and arguments by the names in its header."""
    found = SCRIPTS[name]
    if len(keys) != len(found.keys) or len(args) != len(found.args):
        raise TypeError(f"{name}.lua takes {found.keys}, {found.args}, not {keys}, {args}")
    every = (*found.keys_in_order(keys), *more_keys)
    return ("EVALSHA", found.sha, len(every), *every, *found.args_in_order(args), *more)
