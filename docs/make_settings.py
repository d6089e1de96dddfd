"""The table of settings, from the fields, defaults and comments of progress_backend/settings.py."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from typing import Any, Final

from progress_backend import settings

from .tables import markdown

_HEAD: Final = ("Variable", "Default", "Meaning")
_SPANS: Final = {86_400.0: "24 h", 3_600.0: "1 h"}


def table() -> str:
    """One row a field."""
    comments = field_comments(settings.Settings)
    rows = []
    for field in fields(settings.Settings):
        meaning = comments[field.name]
        if field.name.endswith("_s"):
            meaning = f"{meaning} Seconds."
        shown = _shown(field.name, field.default)
        rows.append((f"`PROGRESS_{field.name.upper()}`", shown, meaning.replace('"', "`")))
    return markdown(_HEAD, rows)


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
