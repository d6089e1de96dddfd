"""Connects handlers to Celery's task signals. The first signal imports its handler's module: a
process that only installs tracking, such as `celery status`, imports none.

A worker's main process imports them as it starts, so that its children have them from the fork on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from celery import current_app, signals
from celery.exceptions import SoftTimeLimitExceeded

from .publish import current
from .tracker import installed, register, tracker_of

logger = logging.getLogger(__name__)

#: Name of the handler of `before_task_publish`, which gets the thread's publish, not the tracker.
_PUBLISHED = "before_publish"
#: Each signal, with the module and the name of its handler.
HANDLERS = (
    (signals.before_task_publish, "publishing", _PUBLISHED),
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


def connect() -> None:
    """Connects the handlers, for all apps of the process; further calls change nothing."""
    for signal, module, name in HANDLERS:
        signal.connect(_quiet(module, name), weak=False, dispatch_uid=f"progress-{name}")
    signals.worker_process_init.connect(_child_began, dispatch_uid="progress-child")


def _child_began(**_: Any) -> None:
    """Registers a tracker for the app of a spawned child. That app is a copy; `install` was called
    for the app of the same name that the child has imported (`worker_process_init`)."""
    if tracker_of(current_app) is None:
        same = [tracker for tracker in installed() if tracker.app.main == current_app.main]
        if same:
            register(same[-1], current_app._get_current_object())


def load() -> None:
    """Imports the handlers' modules, and with them all that a run needs."""
    for _, module, name in HANDLERS:
        handler_of(module, name)


def handler_of(module: str, name: str) -> Callable[..., None]:
    """Imports the module and returns its handler of this name."""
    handler: Callable[..., None] = getattr(import_module(f".{module}", __package__), name)
    return handler


def _quiet(module: str, name: str) -> Callable[..., None]:
    handler: Callable[..., None] | None = None

    def guarded(sender: Any = None, **kwargs: Any) -> None:
        nonlocal handler
        # The sender of before_task_publish is the task's name; all others have their app.
        publishes = name == _PUBLISHED
        its: Any = current.publish if publishes else tracker_of(getattr(sender, "app", None))
        if its is None:
            return
        try:
            if handler is None:
                handler = handler_of(module, name)
            handler(its, sender, **kwargs)
        except SoftTimeLimitExceeded as limit:
            # The job's soft time limit was reached while this code ran. Celery's dispatcher would
            # drop the exception; `send` in `sending` raises it after the message is published.
            if (publish := current.publish) is not None:
                publish.limit = limit
        except Exception:
            # Tracking never raises into Celery; the log shows the library's own faults.
            logger.exception("the handler of a Celery signal failed: %s", name)

    return guarded
