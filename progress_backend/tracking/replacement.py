"""Replacement of a task (`self.replace`): one part of it keeps the task's id and continues its
record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..record.signature import Signature, options_of
from .headers import HEADER, REPLACED


def hand_on(replacement: Any, task_id: str, header: Mapping[str, Any], attempt: int | None) -> None:
    """Adds the progress header to the part of a replacement that keeps the task's id, tracked or
    not; the other parts have records of their own, if they are tracked.
    """
    if (keeper := _keeper(replacement, task_id)) is not None:
        given = {**header} if attempt is None else {**header, REPLACED: attempt}
        options = keeper["options"]
        options["headers"] = {**(options.get("headers") or {}), HEADER: given}


def replaced_attempt(signature: Signature) -> int | None:
    """The attempt of the replaced run with a record that a later step continues; None for another
    step."""
    header = (options_of(signature).get("headers") or {}).get(HEADER)
    attempt = header.get(REPLACED) if isinstance(header, dict) else None
    return attempt if type(attempt) is int and attempt > 0 else None


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
