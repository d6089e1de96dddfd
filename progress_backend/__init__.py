"""One truthful, live progress record for every Celery task."""

from .async_notifier import AsyncProgressNotifier
from .errors import (
    ConcurrentUpdate,
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
from .tracking import ProgressTask, install

__all__ = [
    "AsyncProgressNotifier",
    "ConcurrentUpdate",
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
    "install",
    "progress_task",
]
