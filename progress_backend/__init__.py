"""One truthful, live progress record for every Celery task."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .async_notifier import AsyncProgressNotifier
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
    from .marking import progress_task
    from .model import Task, TaskStatus
    from .notifier import ProgressNotifier
    from .run import TaskCancelled
    from .service import NotificationServiceInterface, ProgressService, RedisProgressService
    from .settings import Settings
    from .task_body import get_task
    from .tracker import settings_of
    from .tracking import ProgressTask, install

__all__ = [
    "AsyncProgressNotifier",
    "ConcurrentUpdate",
    "ForeignValue",
    "InvalidEvent",
    "NotificationServiceInterface",
    "ProgressError",
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
]

# Celery and redis take half a second to import; who only loads the pytest plugin needs neither.
_HOMES = {
    name: module
    for module, names in {
        "async_notifier": ("AsyncProgressNotifier",),
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
        "marking": ("progress_task",),
        "model": ("Task", "TaskStatus"),
        "notifier": ("ProgressNotifier",),
        "run": ("TaskCancelled",),
        "service": ("NotificationServiceInterface", "ProgressService", "RedisProgressService"),
        "settings": ("Settings",),
        "task_body": ("get_task",),
        "tracker": ("settings_of",),
        "tracking": ("ProgressTask", "install"),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
