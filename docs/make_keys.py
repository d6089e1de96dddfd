"""The table of Redis keys, from progress_backend/operations/keys.py."""

from __future__ import annotations

import inspect
from typing import Final

from progress_backend.operations.keys import Keys

from .tables import markdown

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


def table() -> str:
    """One row a key."""
    keys, rows = Keys(), []
    for name, member in vars(Keys).items():
        function = member.fget if isinstance(member, property) else member
        # A dataclass's fields stand here as descriptors; only what has a docstring names a key.
        if name.startswith("_") or name in _NO_KEYS or not inspect.isfunction(function):
            continue
        places = [
            _PLACES[argument] for argument in list(inspect.signature(function).parameters)[1:]
        ]
        rows.append((f"`{function(keys, *places)}`", inspect.getdoc(function) or ""))
    index = keys.index(status="{status}", task_type="{type}", symbol="{symbol}")
    rows.insert(2, (f"`{index}`, and each part of it", inspect.getdoc(Keys.index) or ""))
    return markdown(("Key or channel", "What it is"), rows)
