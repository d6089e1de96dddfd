"""Replacement of a task (`self.replace`): one part of it keeps the task's id and continues its
record."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from celery.exceptions import Ignore

from ..record.events import Requeued
from .headers import HEADER
from .identity import header_of
from .tracker import Tracker

_WATCHED: Final = "__progress_replaced__"


def watch(tracker: Tracker, task: Any) -> None:
    """Wraps `on_replace` of a task instance, once. It is done at a run's start: a task may be
    tracked by its message's header alone."""
    if getattr(task, _WATCHED, False):
        return
    setattr(task, _WATCHED, True)
    on_replace = task.on_replace

    @functools.wraps(on_replace)
    def replaced(sig: Any) -> Any:
        process = tracker.process
        current = None if process is None else process.run_in(task)
        if process is None or current is None or task.request.is_eager:
            return on_replace(sig)
        later = hand_on(sig, current.task_id, header_of(current.identity))
        if current.log and not current.refused:
            process.sender.store_log(current)  # before lines of the next attempt
        try:
            return on_replace(sig)
        except Ignore:
            current.replaced = True
            requeued = Requeued(eta=current.eta, planned=later)
            process.sender.record(current, current.task_id, requeued)
            raise

    task.on_replace = replaced


def hand_on(replacement: Any, task_id: str, header: Mapping[str, Any]) -> bool:
    """Adds the progress header to the part of a replacement that keeps the task's id, tracked or
    not; the other parts have records of their own, if they are tracked. Returns whether another
    part is published before it.
    """
    if (keeper := _keeper(replacement, task_id)) is None:
        return False
    options = keeper["options"]
    options["headers"] = {**(options.get("headers") or {}), HEADER: dict(header)}
    return keeper is not replacement


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
