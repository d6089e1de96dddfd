"""One truthful, live progress record for every Celery task."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import (
        ConcurrentUpdate,
        ForeignValue,
        InvalidEvent,
        ProgressError,
        SettingsError,
        StoreUnavailable,
        TaskAlreadyFinished,
        TaskNotFound,
        TooLarge,
        TransitionRefused,
    )
    from .record.model import Task, TaskStatus
    from .runs.run import TaskCancelled
    from .service.async_notifier import AsyncProgressNotifier
    from .service.interface import NotificationServiceInterface
    from .service.progress_service import ProgressService
    from .service.redis_progress_service import RedisProgressService
    from .settings import Settings
    from .share_tokens import sign
    from .terminal.watching import watch
    from .tracking.decorator import progress_task
    from .tracking.install import ProgressTask, install
    from .tracking.log_handler import ProgressLogHandler
    from .tracking.notifier import ProgressNotifier
    from .tracking.task_lookup import get_task, workflow_status
    from .tracking.tracker import settings_of

__all__ = [
    "AsyncProgressNotifier",
    "ConcurrentUpdate",
    "ForeignValue",
    "InvalidEvent",
    "NotificationServiceInterface",
    "ProgressError",
    "ProgressLogHandler",
    "ProgressNotifier",
    "ProgressService",
    "ProgressTask",
    "RedisProgressService",
    "Settings",
    "SettingsError",
    "StoreUnavailable",
    "Task",
    "TaskAlreadyFinished",
    "TaskCancelled",
    "TaskNotFound",
    "TaskStatus",
    "TooLarge",
    "TransitionRefused",
    "get_task",
    "install",
    "progress_task",
    "settings_of",
    "sign",
    "watch",
    "workflow_status",
]

# Celery and redis take half a second to import; the pytest plugin alone needs neither.
_HOMES = {
    name: module
    for module, names in {
        "service.async_notifier": ("AsyncProgressNotifier",),
        "errors": (
            "ConcurrentUpdate",
            "ForeignValue",
            "InvalidEvent",
            "ProgressError",
            "SettingsError",
            "StoreUnavailable",
            "TaskAlreadyFinished",
            "TaskNotFound",
            "TooLarge",
            "TransitionRefused",
        ),
        "tracking.decorator": ("progress_task",),
        "record.model": ("Task", "TaskStatus"),
        "tracking.notifier": ("ProgressNotifier",),
        "runs.run": ("TaskCancelled",),
        "service.interface": ("NotificationServiceInterface",),
        "service.progress_service": ("ProgressService",),
        "service.redis_progress_service": ("RedisProgressService",),
        "settings": ("Settings",),
        "share_tokens": ("sign",),
        "terminal.watching": ("watch",),
        "tracking.task_lookup": ("get_task", "workflow_status"),
        "tracking.tracker": ("settings_of",),
        "tracking.install": ("ProgressTask", "install"),
        "tracking.log_handler": ("ProgressLogHandler",),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    """A public name, imported at its first use.

    Raises:
        AttributeError: this package has no such name.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
