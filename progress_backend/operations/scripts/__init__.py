"""The Lua scripts, each by the name of its file, called by its SHA-1 (EVALSHA).

A script's header names its KEYS and ARGV, one a line, and these names are its first locals; where
more follow ("…"), `keys` and `args` are the numbers of the named ones. A file with a name that
starts with "_" has a function; it is put before the scripts that call it.

A file in `parts/` is a part of a commit, with a header of its own; `last_key` and `last` are the
numbers of its last key and argument. A commit leaves a part out if the user may not run one of the
commands that it NEEDS. Each of `SETS` is one script, for the commits with its parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha1
from importlib.resources import files
from importlib.resources.abc import Traversable
from operator import itemgetter
from typing import Any, Final, NamedTuple

from ..call import Request

_SECTION: Final = r"^{}\n((?:  .*\n)*)"
_NAME: Final = re.compile(r"^  ([a-z]\w*)", re.MULTILINE)
#: The line of `commit.lua` that the parts replace, in the order of their set.
_PLACE: Final = "  -- parts\n"
_PART: Final = """\
  last_key, last = key + ARGV[arg + 1], arg + 2 + ARGV[arg + 2]
  if last > arg + 2 then
    local keys, args = key, arg + 2
%(named)s
    if %(may)s then
%(code)s
    else
      left_out[#left_out + 1] = '%(name)s'
    end
  end
  key, arg = last_key, last
"""
#: A part as a script by itself.
_ALONE: Final = """\
local call, may = redis.call, redis.acl_check_cmd
local keys, args, last_key, last = 0, 0, #KEYS, #ARGV
%(named)s
if not (%(may)s) then
  return redis.error_reply('NOPERM this user may not run %(name)s')
end
%(code)s
return 1
"""
_OF_AN_END: Final = ("past_run", "outcomes")
_OF_A_MEMBERS_END: Final = (*_OF_AN_END, "workflow_figures", "past_workflow")
#: The parts that commits have together, in the order in which they run; a commit takes the first
#: set that has all of its own.
SETS: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("outcomes",),
    ("workflow_figures",),
    ("outcomes", "workflow_figures"),
    ("outcomes", "kept_message"),
    _OF_AN_END,
    (*_OF_AN_END, "webhook_event"),
    _OF_A_MEMBERS_END,
    (*_OF_AN_END, "kept_message"),
    (*_OF_A_MEMBERS_END, "ended_workflow", "webhook_event", "kept_message", "timeline_entry"),
)


#: Parts that are scripts by themselves too.
ALONE: Final = ("webhook_event",)


class Script(NamedTuple):
    """A script's text, the SHA-1 that EVALSHA calls it by, and the names in its header; and
    functions that return the values of a mapping in the order of these names."""

    text: str
    sha: str
    keys: tuple[str, ...]
    args: tuple[str, ...]
    keys_in_order: Callable[[Mapping[str, str]], tuple[str, ...]]
    args_in_order: Callable[[Mapping[str, Any]], tuple[Any, ...]]

    def given(
        self, keys: Mapping[str, str], args: Mapping[str, Any]
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Its keys and arguments in their order."""
        if len(keys) != len(self.keys) or len(args) != len(self.args):
            raise TypeError(f"it takes {self.keys}, {self.args}, not {keys}, {args}")
        return self.keys_in_order(keys), self.args_in_order(args)


def _script(text: str, header: str) -> Script:
    found = (re.search(_SECTION.format(one), header, re.MULTILINE) for one in ("KEYS", "ARGV"))
    keys, args = (tuple(_NAME.findall(section[1])) if section else () for section in found)
    sha = sha1(text.encode(), usedforsecurity=False).hexdigest()
    return Script(text, sha, keys, args, _in_order(keys), _in_order(args))


def _in_order(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: tuple(given[name] for name in names)


def _named(of: Script, keys: str = "", args: str = "") -> str:
    """The lines that give a script's keys and arguments their names, and count them; `keys` and
    `args` are added to the places of a part's."""
    values = [f"KEYS[{keys}{i}]" for i in range(1, len(of.keys) + 1)]
    values += [f"ARGV[{args}{i}]" for i in range(1, len(of.args) + 1)]
    named = f"local {', '.join((*of.keys, *of.args))} = {', '.join(values)}\n" if values else ""
    local = "" if keys else "local "
    return f"{named}{local}keys, args = {keys}{len(of.keys)}, {args}{len(of.args)}\n"


def _part(name: str, around: str) -> str:
    """A part's code, in the code around it."""
    text = PARTS[name].text
    needs = re.search(_SECTION.format("NEEDS"), text, re.MULTILINE)
    may = " and ".join(f"may({one.strip()})" for one in needs[1].splitlines()) if needs else "true"
    named, code = _named(PARTS[name], "keys + ", "args + "), text.partition("\n]]\n")[2]
    return around % {"name": name, "named": named, "may": may, "code": code}


def _whole(text: str, functions: Mapping[str, str]) -> str:
    """A text behind the functions that it calls, each after those that it calls itself."""
    found = dict[str, str]()

    def add(text: str) -> None:
        for name, code in functions.items():
            if re.search(rf"\b{name}\(", text) and name not in found:
                add(code.replace(f"function {name}(", ""))
                found[name] = code

    add(text)
    return "".join(found.values()) + text


def of_set(parts: tuple[str, ...]) -> str:
    """The name of the script that commits with a set's parts."""
    return "+".join(("commit", *parts))


def _read(folder: Traversable) -> dict[str, str]:
    found = (file for file in folder.iterdir() if file.name.endswith(".lua"))
    return {file.name.removesuffix(".lua"): file.read_text(encoding="utf-8") for file in found}


def _scripts() -> dict[str, Script]:
    texts = _read(files(__name__))
    functions = {name[1:]: texts.pop(name) for name in sorted(texts) if name.startswith("_")}
    codes = {name: (text, _named(_script("", text)) + text) for name, text in texts.items()}
    header, commit = codes.pop("commit")
    for parts in SETS:
        code = "".join(_part(name, _PART) for name in parts)
        codes[of_set(parts)] = header, commit.replace(_PLACE, code)
    for name in ALONE:
        codes[name] = PARTS[name].text, _part(name, _ALONE)
    return {name: _script(_whole(code, functions), text) for name, (text, code) in codes.items()}


#: The parts of commits, by the names of their files.
PARTS: Final = {
    name: _script(text, text) for name, text in _read(files(__name__) / "parts").items()
}
SCRIPTS: Final = _scripts()


def script(
    name: str,
    keys: Mapping[str, str],
    args: Mapping[str, Any],
    more_keys: Iterable[str] = (),
    more: Iterable[Any] = (),
) -> Request:
    """The request that calls a script, with its keys and arguments by the names in its header."""
    found = SCRIPTS[name]
    own_keys, own_args = found.given(keys, args)
    every = (*own_keys, *more_keys)
    return ("EVALSHA", found.sha, len(every), *every, *own_args, *more)
