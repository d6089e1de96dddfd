"""Tables of the documents that are printed from the code: keys, settings, and how a record ends."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

from progress_backend.operations.keys import Keys
from progress_backend.settings import Settings
from tests.integration import matrix

#: What stands for an argument of a key.
_PLACES: Final = {
    "task_id": "{task_id}",
    "task_type": "{task_type}",
    "lease": "{lease}",
    "name": "{name}",
    "workflow_id": "{workflow_id}",
    "status": "{status}",
    "kind": "{kind}",
    "target": "{target}",
    "owner": "{owner}",
}
#: Members that name no key.
_NO_KEYS: Final = {"index", "indexes", "task_id_of", "every_channel"}
_SPANS: Final = {86_400.0: "24 h", 3_600.0: "1 h"}


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def failures() -> str:
    """What becomes of a record, one row a case that the tests run on real workers."""
    return "\n".join(matrix.markdown())


def keys() -> str:
    """The keys in Redis, from operations/keys.py."""
    made, rows = Keys(), list[tuple[str, str]]()
    for name, member in vars(Keys).items():
        function = member.fget if isinstance(member, property) else member
        # A dataclass's fields stand here as descriptors; only what has a docstring names a key.
        if name.startswith("_") or name in _NO_KEYS or not inspect.isfunction(function):
            continue
        places = [
            _PLACES[argument] for argument in list(inspect.signature(function).parameters)[1:]
        ]
        rows.append((f"`{function(made, *places)}`", inspect.getdoc(function) or ""))
    index = made.index(status="{status}", task_type="{type}", symbol="{symbol}")
    rows.insert(2, (f"`{index}`, and each part of it", inspect.getdoc(Keys.index) or ""))
    return markdown(("Key or channel", "What it is"), rows)


def settings() -> str:
    """The settings, from the fields, defaults and comments of settings.py."""
    comments = field_comments(Settings)
    rows = []
    for field in fields(Settings):
        meaning = comments[field.name]
        if field.name.endswith("_s"):
            meaning = f"{meaning} Seconds."
        shown = _shown(field.name, field.default)
        rows.append((f"`PROGRESS_{field.name.upper()}`", shown, meaning.replace('"', "`")))
    return markdown(("Variable", "Default", "Meaning"), rows)


def field_comments(cls: Any) -> dict[str, str]:
    """The `#:` lines above each field of a dataclass."""
    source = inspect.getsource(cls)
    found = re.findall(r"((?:^    #: .*\n)+)    (\w+):", source, re.MULTILINE)
    return {name: " ".join(re.findall(r"#: (.*)", lines)) for lines, name in found}


def _shown(name: str, default: object) -> str:
    if default is None:
        return "see below" if name == "redis_url" else "—"
    if default in ("", ()):
        return "—"
    if isinstance(default, bool):
        return f"`{int(default)}`"
    if name.endswith("_s") and (span := _SPANS.get(float(str(default)))):
        return f"`{default}` ({span})"
    if isinstance(default, float):
        return f"`{default:g}`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default}`"
