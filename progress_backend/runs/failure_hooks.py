"""Calls `on_failure` and `after_return` of a Celery task after a cancelled run: Celery calls
neither after Ignore, which ends such a run, nor after a revoke.

celery-singleton and celery-once release their locks there: else the next task would never be sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from billiard.einfo import ExceptionInfo
from celery import states

from ..flows.stored_record import Applied
from .run import TaskCancelled

logger = logging.getLogger(__name__)


def call_hooks(task: Any, error: TaskCancelled, task_id: str, args: Any, kwargs: Any) -> None:
    """Calls `on_failure`, then `after_return` with REVOKED (the state in the result backend), each
    once, as Celery does after a run that raised. An exception of a hook is logged."""
    try:
        raise error from None
    except TaskCancelled:
        einfo = ExceptionInfo()
    error.__traceback__ = None  # this frame's, which holds the error
    given = (args, kwargs)
    hooks: dict[str, Callable[[], object]] = {
        "on_failure": lambda: task.on_failure(error, task_id, *given, einfo),
        "after_return": lambda: task.after_return(states.REVOKED, error, task_id, *given, None),
    }
    for name, hook in hooks.items():
        try:
            hook()
        except Exception:  # a user's own code, which may raise anything
            logger.exception("Task %s[%s] %s raised after a cancel", task.name, task_id, name)


def asked_for(applied: Applied | None) -> bool:
    """Whether a caller had cancelled or force-ended the record before Celery revoked the task. The
    hooks of a task that Celery's own command revoked, or that expired, are not called, as without
    tracking."""
    if applied is None or applied.refused is None:
        return False
    control = applied.task.control or {}
    return control.get("action") in ("cancel", "end") and control.get("by") != "celery"
