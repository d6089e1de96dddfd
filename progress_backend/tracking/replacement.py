"""Replacement of a task (`self.replace`): one part of it keeps the task's id and continues its
record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .headers import HEADER


def hand_on(replacement: Any, task_id: str, header: Mapping[str, Any]) -> None:
    """Adds the progress header to the part of a replacement that keeps the task's id, tracked or
    not; the other parts have records of their own, if they are tracked.
    """
    if (keeper := _keeper(replacement, task_id)) is not None:
        options = keeper["options"]
        options["headers"] = {**(options.get("headers") or {}), HEADER: dict(header)}


def _keeper(signature: Any, task_id: str) -> Any:
    """The part that keeps the id. Signatures are read as dicts, since those from a message are
    plain dicts."""
    match signature["subtask_type"]:
        case "chain":
            parts = signature["kwargs"]["tasks"]
        case "chord":
            parts = [signature["kwargs"]["body"]]
        case _:
            return signature if str(signature["options"].get("task_id")) == task_id else None
    found = (_keeper(part, task_id) for part in reversed(parts))
    return next((part for part in found if part is not None), None)
