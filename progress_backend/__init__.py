"""One truthful, live progress record for every Celery task."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .credentials.share_tokens import sign
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

# Celery and redis take half a second to import; the pytest plugin alone needs neither. The others
# are of `errors`.
_HOMES = {
    "AsyncProgressNotifier": "service.async_notifier",
    "NotificationServiceInterface": "service.interface",
    "ProgressLogHandler": "tracking.log_handler",
    "ProgressNotifier": "tracking.notifier",
    "ProgressService": "service.progress_service",
    "ProgressTask": "tracking.install",
    "RedisProgressService": "service.redis_progress_service",
    "Settings": "settings",
    "Task": "record.model",
    "TaskCancelled": "runs.run",
    "TaskStatus": "record.model",
    "get_task": "tracking.task_lookup",
    "install": "tracking.install",
    "progress_task": "tracking.decorator",
    "settings_of": "tracking.tracker",
    "sign": "credentials.share_tokens",
    "watch": "terminal.watching",
    "workflow_status": "tracking.task_lookup",
}


def __getattr__(name: str) -> Any:
    """A public name, imported at its first use.

    Raises:
        AttributeError: this package has no such name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f".{_HOMES.get(name, 'errors')}", __name__)
    found = globals()[name] = getattr(home, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
