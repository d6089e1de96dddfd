"""Celery's task signals, each connected with a handler whose module is imported at the first
signal: a process that only installs tracking, such as `celery status`, imports no more.

A worker's main process imports them as it starts, so that its children have them from the fork on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from celery import signals
from celery.exceptions import SoftTimeLimitExceeded

from .send_call import interrupted
from .tracker import Tracker

logger = logging.getLogger(__name__)

#: Each signal, with the module and the name of its handler.
HANDLERS = (
    (signals.before_task_publish, "publishing", "published"),
    (signals.task_received, "parent_signals", "received"),
    (signals.task_prerun, "signals", "prerun"),
    (signals.task_postrun, "signals", "postrun"),
    (signals.task_success, "signals", "success"),
    (signals.task_failure, "signals", "failure"),
    (signals.task_retry, "signals", "retry"),
    (signals.task_revoked, "parent_signals", "revoked"),
    (signals.task_unknown, "parent_signals", "unknown"),
    (signals.task_internal_error, "parent_signals", "internal_error"),
)


def connect(tracker: Tracker) -> None:
    """Connects the handlers; further calls change nothing."""
    for signal, module, name in HANDLERS:
        tracker.connect(signal, _quiet(tracker, module, name), name)


def load() -> None:
    """Imports the handlers' modules, and with them all that a run needs."""
    for _, module, name in HANDLERS:
        handler_of(module, name)


def handler_of(module: str, name: str) -> Callable[..., None]:
    """The handler of this name, its module imported."""
    handler: Callable[..., None] = getattr(import_module(f".{module}", __package__), name)
    return handler


def _quiet(tracker: Tracker, module: str, name: str) -> Callable[..., None]:
    handler: Callable[..., None] | None = None

    def guarded(sender: Any = None, **kwargs: Any) -> None:
        nonlocal handler
        try:
            if handler is None:
                handler = handler_of(module, name)
            handler(tracker, sender, **kwargs)
        except SoftTimeLimitExceeded as limit:
            # Raised into the job by Celery's signal handler while this code ran; Celery's
            # dispatcher would drop it.
            interrupted(limit)
        except Exception:
            # Tracking never raises into Celery; the log shows the library's own faults.
            logger.exception("the handler of a Celery signal failed: %s", name)

    return guarded
