"""celery-progress' recorder for tasks that are to keep their calls: only the import changes."""

from __future__ import annotations

from typing import Any

from .tracking.notifier import ProgressNotifier

__all__ = ["ProgressRecorder"]


class ProgressRecorder:
    """Reports the progress of the running Celery task by the calls of celery-progress' class of
    this name, without its write to the result backend in the job's thread.

    Its page and script go on working: the PROGRESS meta has the names that they read. Outside of a
    tracked task it does nothing (one warning).
    """

    def __init__(self, task: Any) -> None:
        """Takes the running task.

        Args:
            task: the bound task's `self`.
        """
        self.task = task
        self.current: Any = 0
        self.total: Any = 0
        self.description = ""
        self._progress = ProgressNotifier(task)

    def set_progress(
        self, current: Any, total: Any, description: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Sets the newest values of the task's record; returns Celery's state and the meta that
        celery-progress' class writes.

        Args:
            current: items done so far; what is no int is cut to one.
            total: items in all; 0 if unknown.
            description: the message; without one the default text of the language.

        Raises:
            TaskCancelled: the task's record is cancelled.
            TypeError: a text that is no number is given as `current` or `total`.
        """
        self.current, self.total = current, total
        self.description = description or self.description
        self._progress.update(current, total, description or None)
        percent = round(float(current) / float(total) * 100, 2) if total and total > 0 else 0
        figures = {"pending": False, "current": current, "total": total, "percent": percent}
        return "PROGRESS", {**figures, "description": description}

    def increment_progress(self, by: Any = 1, description: str = "") -> None:
        """Counts more items as done.

        Args:
            by: items done since the last call.
            description: the message; without one the default text of the language.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        self.set_progress(self.current + by, self.total, description)
