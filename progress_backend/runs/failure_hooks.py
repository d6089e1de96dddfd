"""Calls what a task's class does after a failed run, for one that was cancelled: of Ignore, which
ends such a run, and of a revoke Celery calls none of it.

Locks are given back there (celery-singleton, celery-once): kept, the next task would never be sent.
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
    """`on_failure`, then `after_return` with REVOKED, which is what the result backend has; each
    once, as Celery calls them for a run that raised. What they raise is logged."""
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
    """Whether a revoke is the last word on a task whose record somebody has cancelled before, or
    ended by force. What Celery's own command revoked, or what expired, ends as without tracking."""
    if applied is None or applied.refused is None:
        return False
    control = applied.task.control or {}
    return control.get("action") in ("cancel", "end") and control.get("by") != "celery"
